// The verbs on sources that are turned away.

import { readDurationMs, SettingError } from '../../config/setting.ts';
import { parseAddressList, sourceOf } from '../../model/address.ts';
import { AdministrationError, VerbUsageError } from '../../model/administration.ts';
import type { Penalty } from '../../model/penalty.ts';
import { defineVerb, said, table, type Verb } from '../verb.ts';

const DEFAULT_TIME = '1d';
/** Ten years, as good as for ever. */
const MAX_BAN_MS = 10 * 365 * 86_400_000;

const list = defineVerb({
  name: 'ban list',
  summary: 'List the sources that are banned or have a penalty',
  changes: false,
  run: async ({ live }) => {
    const penalties = await live.bans.list();
    return table(penalties, cellsOf, 'no source has a penalty');
  },
});

const add = defineVerb({
  name: 'ban add',
  summary: 'Turn an address or network away for a time, and end its connections',
  operands: [
    {
      name: 'SOURCE',
      count: 'one',
      summary: 'as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32; an IPv6 address stands for its /64',
    },
  ],
  options: {
    for: { value: 'TIME', summary: `how long, as 2h or 30d; ${DEFAULT_TIME} unless told` },
    reason: { value: 'TEXT', summary: 'why, for `ban list`' },
  },
  changes: true,
  run: async ({ live, administrator, operands: [source = ''], options }) => {
    if ('origin' in administrator && isOwn(source, administrator.origin.address)) {
      throw new AdministrationError(`${source} is where you are connected from`);
    }
    const { reason } = options;
    const forMs = timeOf(options.for ?? DEFAULT_TIME);
    const ban = await live.bans.add({ source, forMs, ...(reason === undefined ? {} : { reason }) });
    return said(`${ban.source} is turned away until ${new Date(ban.untilMs).toISOString()}`, { ...ban });
  },
});

const remove = defineVerb({
  name: 'ban remove',
  summary: 'Let an address or network in again',
  operands: [{ name: 'SOURCE', count: 'one', summary: 'as `ban list` shows it' }],
  changes: true,
  run: async ({ live, operands: [source = ''] }) => {
    if (await live.bans.remove(source)) return said(`${source} is let in again`, { source });
    const within = (await live.bans.list()).find((ban) => isOwn(ban.source, source));
    throw new AdministrationError(
      within === undefined
        ? `${source} has no penalty`
        : `${source} is in ${within.source}, which is banned as a whole`,
    );
  },
});

export const BAN_VERBS: readonly Verb[] = [list, add, remove];

function cellsOf({ source, untilMs, isEnforced, lastOffence, reason }: Penalty): string[] {
  const until = new Date(untilMs).toISOString();
  const state = isEnforced ? 'turned away' : 'remembered ';
  return [`${source.padEnd(24)} ${state} until ${until}`, lastOffence, ...(reason === undefined ? [] : [reason])];
}

function timeOf(text: string): number {
  try {
    const timeMs = readDurationMs(text);
    if (timeMs > 0 && timeMs <= MAX_BAN_MS) return timeMs;
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
  }
  throw new VerbUsageError(`--for: ${JSON.stringify(text)} is no time up to ten years, as 30m, 2h or 30d`);
}

/** Whether `source` holds `address`. What is no source is told by those who would ban it. */
function isOwn(source: string, address: string): boolean {
  try {
    return parseAddressList(source).includes(address) || sourceOf(source) === sourceOf(address);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
