// echo: says what it is told. Clients such as rclone and WinSCP ask by it what kind of shell they have.

import { type Command, defineCommand } from '../command.ts';
import { EXIT } from '../report.ts';

export const echo: Command = defineCommand({
  name: 'echo',
  summary: 'show the words that follow',
  operands: '[WORD...]',
  count: [0, Number.POSITIVE_INFINITY],
  options: {},
  noOptions: true,
  run: async ({ io, operands }) => {
    await io.line(io.shown(operands.join(' ')));
    return EXIT.ok;
  },
});
