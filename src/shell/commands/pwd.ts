// pwd: where we are.

import { type Command, defineCommand } from '../command.ts';
import { EXIT } from '../report.ts';

export const pwd: Command = defineCommand({
  name: 'pwd',
  summary: 'show the current folder',
  operands: '',
  count: [0, 0],
  completes: 'nothing',
  options: {},
  run: async ({ io, session }) => {
    await io.line(io.shown(session.directory));
    return EXIT.ok;
  },
});
