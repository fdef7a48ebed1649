// delete: files, and with -r folders with all that is in them. Links are removed themselves, never what they lead to.

import { FileError, isFileError } from '../../model/error.ts';
import { isWithin, joinPath, ROOT, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readFolder } from '../folder.ts';
import { attempt, eachOperand } from '../operands.ts';
import { EXIT } from '../report.ts';

const options = {
  recursive: { short: 'r', long: 'recursive', summary: 'folders too, with everything in them; asks at a terminal' },
  force: { short: 'f', long: 'force', summary: 'never ask, and say nothing of what is not there' },
} as const;

type DeleteCall = Call<typeof options>;

export const deleteCommand: Command = defineCommand({
  name: 'delete',
  aliases: ['rm', 'del'],
  summary: 'delete files or folders',
  operands: 'PATH...',
  count: [1, Number.POSITIVE_INFINITY],
  options,
  run: (call) =>
    eachOperand(call, call.operands, async (path, operand) => {
      try {
        await deleteOne(call, path, operand);
      } catch (error) {
        if (!(call.options.force && isFileError(error, 'not-found'))) throw error;
      }
    }),
});

async function deleteOne(call: DeleteCall, path: VirtualPath, operand: string): Promise<void> {
  const { files } = call.context;
  const { kind } = await files.lstat(path);
  if (kind !== 'directory') return files.remove(path);
  if (path === ROOT) throw new FileError('permission-denied', { path, detail: 'this is the home' });
  if (!call.options.recursive)
    throw new FileError('is-a-directory', { path, detail: 'use -r to delete it and everything in it' });
  if (isWithin(call.session.directory, path))
    throw new FileError('busy', { path, detail: 'you are in it; leave it with cd first' });
  if (call.io.interactive && !call.options.force) {
    const answer = await call.io.ask(`delete the folder ${operand} and everything in it? [y/N] `);
    if (!/^y(es)?$/i.test(answer?.trim() ?? '')) return;
  }
  // What may not go is found out while all is still in it: a shared folder can be emptied, but never deleted.
  try {
    await files.removeDirectory(path);
  } catch (error) {
    if (!isFileError(error, 'not-empty')) throw error;
    await deleteFolder(call, path);
  }
}

async function deleteFolder(call: DeleteCall, path: VirtualPath): Promise<void> {
  const { context, io } = call;
  let failed: number = EXIT.ok;
  for await (const { name, attributes } of readFolder(context.files, path, io.signal)) {
    io.signal.throwIfAborted();
    const inner = joinPath(path, name);
    const status = await attempt(call, inner, () =>
      attributes.kind === 'directory' ? deleteFolder(call, inner) : context.files.remove(inner),
    );
    if (status !== EXIT.ok) failed = status;
  }
  // What could not be deleted was reported above; that the folder is therefore not empty goes without saying.
  if (failed !== EXIT.ok) throw new FileError('not-empty', { path });
  await context.files.removeDirectory(path);
}
