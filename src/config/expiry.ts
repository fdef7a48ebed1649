// A day or moment from when on something holds no more. A day begins at midnight of the server's clock.

import { type ReadSetting, SettingError, show, withSchema } from './setting.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?$/;
const SCHEMA = {
  type: 'string',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?)?$',
};

/** `2027-01-01`, or with a time, `2027-01-01T12:00`; milliseconds since 1970 come out. */
export const readMomentMs: ReadSetting<number> = withSchema(SCHEMA, (written) => {
  const text = typeof written === 'string' ? written.trim() : '';
  const [, date = text, hours = '00', minutes = '00', seconds = '00', zone = ''] = MOMENT.exec(text) ?? [];
  // Without a zone JavaScript takes a date and time for local.
  const momentMs = isDate(date) ? Date.parse(`${date}T${hours}:${minutes}:${seconds}${zone}`) : Number.NaN;
  if (Number.isNaN(momentMs)) {
    throw new SettingError(`${show(written)} is no day, as 2027-01-31, and no moment, as 2027-01-31T18:00`);
  }
  return momentMs;
});

/** Whether there is such a day: JavaScript takes the 30th of February for the 2nd of March. */
function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}
