// When somebody may log in, as people write it: `mon-fri 08:00-18:00`. Days and times are those of the server's clock.

import type { LoginHours } from '../model/rules.ts';
import { type ReadSetting, SettingError, show, withSchema } from './setting.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 24 * 60;
const HOURS = /^(?:(\S+)\s+)?(\d{2}):(\d{2})\s*-\s*(\d{2}):(\d{2})$/;
/** In either case: JSON schema has no flag for that. */
const DAY = `(${DAYS.map((day) => day.replace(/./g, (letter) => `[${letter}${letter.toUpperCase()}]`)).join('|')})`;
const SCHEMA = {
  type: 'string',
  pattern: `^\\s*(${DAY}(-${DAY})?(,${DAY}(-${DAY})?)*\\s+)?[0-9]{2}:[0-9]{2}\\s*-\\s*[0-9]{2}:[0-9]{2}\\s*$`,
};

/** One line of hours; from an evening to a morning it is two stretches, for each belongs to a day of its own. */
export const readLoginHours: ReadSetting<readonly LoginHours[]> = withSchema(SCHEMA, (written) => {
  const match = typeof written === 'string' ? HOURS.exec(written.trim()) : null;
  const days = match === null ? undefined : readDays(match[1] ?? 'sun-sat');
  const from = minutesOf(match?.[2], match?.[3]);
  const to = minutesOf(match?.[4], match?.[5]);
  if (days === undefined || from === undefined || to === undefined || from === to || from === DAY_MINUTES) {
    throw new SettingError(
      `${show(written)} is not DAYS HH:MM-HH:MM, as mon-fri 08:00-18:00, sat,sun 10:00-12:00, or 22:00-06:00 for every day`,
    );
  }
  if (from < to) return [{ days, from, to }];
  const nextDays = days.map((day) => (day + 1) % DAYS.length).sort();
  const evening = { days, from, to: DAY_MINUTES };
  return to === 0 ? [evening] : [evening, { days: nextDays, from: 0, to }];
});

/** `mon-fri,sun` as numbers in order; undefined when it is something else. */
function readDays(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first = -1, last = first, ...rest] = part.split('-').map((name) => DAYS.indexOf(name));
    if (first < 0 || last < 0 || rest.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % DAYS.length) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort();
}

function minutesOf(hours: string | undefined, minutes: string | undefined): number | undefined {
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= DAY_MINUTES ? total : undefined;
}
