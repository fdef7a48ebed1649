// A command line -> its words with patterns and `~` expanded from the home, for faces that read command lines but are no
// shell, as scp.

import type { Files } from '../model/files.ts';
import { ROOT } from '../model/path.ts';
import { expandWords } from './glob.ts';
import { parseLine } from './parse.ts';

/** @throws ParseError The line is not one command with its words; the message is for the user. */
export function expandLine(
  line: string,
  scope: { readonly files: Files; readonly signal: AbortSignal },
): Promise<string[]> {
  return expandWords(parseLine(line), { ...scope, directory: ROOT });
}
