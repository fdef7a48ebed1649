// The one remote path that a word of the interactive client stands for, where a command takes no more.

import { parsePath, type VirtualPath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { expandGlob, nothingMatches } from '../glob.ts';
import { remoteSide } from '../glob-sides.ts';
import { UsageError } from '../usage-error.ts';
import type { InteractiveContext } from './command.ts';
import type { Word } from './words.ts';

export async function onePath(context: InteractiveContext, word: Word | undefined): Promise<VirtualPath> {
  const pattern = word?.pattern ?? '';
  const [first, ...others] = await expandGlob(pattern, remoteSide(context.client, context.remoteFolder));
  if (first === undefined) throw nothingMatches(pattern);
  if (others.length > 0) throw new UsageError(`${printable(pattern)} stands for several files: one is needed`);
  return parsePath(first, context.remoteFolder);
}
