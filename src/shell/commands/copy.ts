// copy: files, and with -r folders with all that is in them. Links are copied as links.

import type { EntryKind } from '../../model/entry.ts';
import { FileError, isFileError } from '../../model/error.ts';
import { isWithin, joinPath, type VirtualPath } from '../../model/path.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { readFolder } from '../folder.ts';
import { attributesIfAny, eachIntoTarget } from '../into-target.ts';
import { attempt } from '../operands.ts';
import { EXIT } from '../report.ts';

const options = {
  recursive: { short: 'r', long: 'recursive', summary: 'folders too, with everything in them' },
} as const;

type CopyCall = Call<typeof options>;

export const copy: Command = defineCommand({
  name: 'copy',
  aliases: ['cp'],
  summary: 'copy files or folders within the home',
  details: 'A file of the new name is replaced.',
  operands: 'SOURCE... TARGET',
  count: [2, Number.POSITIVE_INFINITY],
  options,
  run: async (call) => {
    let inner: number = EXIT.ok;
    const status = await eachIntoTarget(call, async (from, to) => {
      const { kind } = await call.context.files.stat(from);
      if (kind !== 'directory') return copyEntry(call, from, to, 'file');
      if (!call.options.recursive) throw new FileError('is-a-directory', { path: from, detail: 'use -r to copy it' });
      const { files } = call.context;
      const source = await files.realPath(from);
      if (isWithin(await files.realPath(to), source)) {
        throw new FileError('invalid-argument', { path: from, detail: 'a folder can not be copied into itself' });
      }
      const failed = await copyFolder(call, from, to);
      if (failed !== EXIT.ok) inner = failed;
    });
    return status === EXIT.ok ? inner : status;
  },
});

async function copyFolder(call: CopyCall, from: VirtualPath, to: VirtualPath): Promise<number> {
  const { files } = call.context;
  let failed: number = EXIT.ok;
  try {
    await files.makeDirectory(to);
  } catch (error) {
    if (!isFileError(error, 'already-exists')) throw error;
  }
  for await (const { name, attributes } of readFolder(files, from, call.io.signal)) {
    call.io.signal.throwIfAborted();
    const source = joinPath(from, name);
    const status = await attempt(call, source, async () => {
      if (attributes.kind !== 'directory') return copyEntry(call, source, joinPath(to, name), attributes.kind);
      const below = await copyFolder(call, source, joinPath(to, name));
      if (below !== EXIT.ok) failed = below;
    });
    if (status !== EXIT.ok) failed = status;
  }
  return failed;
}

async function copyEntry(call: CopyCall, from: VirtualPath, to: VirtualPath, kind: EntryKind): Promise<void> {
  const { files } = call.context;
  if (kind === 'link') {
    if ((await attributesIfAny(files, to)) !== undefined) await files.remove(to);
    return files.makeLink(to, await files.readLink(from));
  }
  if ((await files.realPath(from)) === (await files.realPath(to))) {
    throw new FileError('invalid-argument', { path: from, detail: 'this is the same file' });
  }
  await files.copy(from, to, { replace: true });
}
