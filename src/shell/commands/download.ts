// download: a file goes to the output, byte for byte. For `ssh host download NAME > file`; typed in a shell it explains
// how to transfer.

import { type Command, defineCommand } from '../command.ts';
import { readPieces } from '../file-stream.ts';
import { eachOperand } from '../operands.ts';
import { EXIT } from '../report.ts';
import { transferAdvice } from '../transfer-advice.ts';

export const download: Command = defineCommand({
  name: 'download',
  aliases: ['get'],
  summary: 'write a file to the output: ssh ... download NAME > FILE',
  operands: 'NAME',
  count: [1, 1],
  options: {},
  run: async (call) => {
    const { io, context, session } = call;
    if (io.interactive || session.mode === 'shell') {
      for (const line of transferAdvice('download', call.operands[0] ?? '', context.identity.user))
        await io.error(line);
      return EXIT.failed;
    }
    return eachOperand(call, call.operands, async (path) => {
      const file = await context.files.open(path, { read: true });
      try {
        await readPieces(file, io.signal, (piece) => io.bytes(piece));
      } finally {
        await file.close();
      }
    });
  },
});
