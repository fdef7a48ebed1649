// quit and exit: the end of the session.

import { type Command, defineCommand } from '../command.ts';
import { UsageError } from '../options.ts';
import { EXIT } from '../report.ts';

export const quit: Command = defineCommand({
  name: 'quit',
  aliases: ['bye', 'logout'],
  summary: 'leave',
  operands: '',
  count: [0, 0],
  completes: 'nothing',
  options: {},
  run: async ({ session }) => {
    session.leaving = EXIT.ok;
    return EXIT.ok;
  },
});

export const exit: Command = defineCommand({
  name: 'exit',
  summary: 'leave with the status of the last command, or with STATUS',
  operands: '[STATUS]',
  count: [0, 1],
  completes: 'nothing',
  options: {},
  run: async ({ session, operands: [text], syntax }) => {
    if (text !== undefined && !/^\d{1,3}$/.test(text)) throw new UsageError(`"${text}" is no status`, syntax);
    session.leaving = text === undefined ? session.lastStatus : Number(text) & 0xff;
    return session.leaving;
  },
});
