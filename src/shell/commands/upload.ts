// upload: the input becomes a file. For `ssh host upload NAME < file`; typed in a shell it explains how to transfer.

import { type Command, defineCommand } from '../command.ts';
import { writeInput } from '../file-stream.ts';
import { eachOperand } from '../operands.ts';
import { EXIT } from '../report.ts';
import { transferAdvice } from '../transfer-advice.ts';

export const upload: Command = defineCommand({
  name: 'upload',
  aliases: ['put'],
  summary: 'write the input to a file: ssh ... upload NAME < FILE',
  details:
    'A file of that name is replaced. When the connection breaks, what arrived stays, unless uploads are atomic.',
  operands: 'NAME',
  count: [1, 1],
  options: {},
  run: async (call) => {
    const { io, context } = call;
    const { input } = io;
    if (input === undefined) {
      for (const line of transferAdvice('upload', call.operands[0] ?? '', context.identity.user)) await io.error(line);
      return EXIT.failed;
    }
    return eachOperand(call, call.operands, async (path) => {
      const file = await context.files.open(path, { write: true, create: true, truncate: true });
      try {
        await writeInput(input, file, io.signal);
      } catch (error) {
        await file.close({ abandon: true });
        throw error;
      }
      await file.close();
    });
  },
});
