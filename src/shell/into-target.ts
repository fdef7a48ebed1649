// Where `move` and `copy` put each source: under the target's own name, or into the target when that is a folder.

import type { Attributes } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { joinPath, nameOf, type VirtualPath } from '../model/path.ts';
import type { Call } from './command.ts';
import { eachOperand, pathOf } from './operands.ts';

/** Does `work` for each source of `SOURCE... TARGET`; resolves to the exit status. */
export async function eachIntoTarget(
  call: Pick<Call, 'context' | 'io' | 'session' | 'name' | 'operands'>,
  work: (from: VirtualPath, to: VirtualPath) => Promise<void>,
): Promise<number> {
  const { files } = call.context;
  const sources = call.operands.slice(0, -1);
  const targetText = call.operands.at(-1) ?? '';
  const target = pathOf(call, targetText);
  const isFolder = (await attributesIfAny(files, target))?.kind === 'directory';
  if (!isFolder && (sources.length > 1 || targetText.endsWith('/'))) {
    // A folder that is not there yet may be written with a "/", when a folder becomes it.
    const [source = ''] = sources;
    const single = sources.length === 1 ? await attributesIfAny(files, pathOf(call, source)) : undefined;
    if (single?.kind !== 'directory') throw new FileError('not-a-directory', { path: target });
  }
  return eachOperand(call, sources, async (from) => {
    if (isFolder && nameOf(from) === '') throw new FileError('busy', { path: from, detail: 'this is the home' });
    await work(from, isFolder ? joinPath(target, nameOf(from)) : target);
  });
}

/** What is at the path, through links; undefined when nothing is. */
export async function attributesIfAny(files: Files, path: VirtualPath): Promise<Attributes | undefined> {
  try {
    return await files.stat(path);
  } catch (error) {
    if (isFileError(error, 'not-found')) return undefined;
    throw error;
  }
}
