// whoami: who one is here.

import { type Command, defineCommand } from '../command.ts';
import { EXIT } from '../report.ts';

export const whoami: Command = defineCommand({
  name: 'whoami',
  summary: 'show your user name',
  operands: '',
  count: [0, 0],
  completes: 'nothing',
  options: {},
  run: async ({ io, context }) => {
    await io.line(context.identity.user);
    return EXIT.ok;
  },
});
