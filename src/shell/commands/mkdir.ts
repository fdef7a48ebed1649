// mkdir: new folders.

import { isFileError } from '../../model/error.ts';
import { joinPath, namesOf, ROOT, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { eachOperand } from '../operands.ts';

const options = {
  parents: { short: 'p', long: 'parents', summary: 'the folders above it too; a folder that is there is no error' },
} as const;

export const mkdir: Command = defineCommand({
  name: 'mkdir',
  aliases: ['md'],
  summary: 'make folders',
  operands: 'FOLDER...',
  count: [1, Number.POSITIVE_INFINITY],
  completes: 'directories',
  options,
  run: (call) =>
    eachOperand(call, call.operands, (path) =>
      call.options.parents ? makeAll(call, path) : call.context.files.makeDirectory(path),
    ),
});

async function makeAll({ context: { files } }: Call<typeof options>, path: VirtualPath): Promise<void> {
  let folder: VirtualPath = ROOT;
  for (const name of namesOf(path)) {
    folder = joinPath(folder, name);
    try {
      await files.makeDirectory(folder);
    } catch (error) {
      if (!isFileError(error, 'already-exists')) throw error;
      if ((await files.stat(folder)).kind !== 'directory') throw error;
    }
  }
}
