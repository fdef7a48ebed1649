// Words -> arguments: `~` becomes the home, patterns become the names they match. As in POSIX sh, a pattern that
// matches nothing stays as it was typed. Knows the files only through Files.

import { isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { compilePattern, isPattern, literalOf, type NameMatcher } from '../model/glob-pattern.ts';
import { parsePath, ROOT, type VirtualPath } from '../model/path.ts';
import { ParseError, type Word } from './parse.ts';

/** How many names all patterns of one line may match together. */
export const MAX_MATCHES = 20_000;
const LIST_BATCH = 512;

/** Where patterns look, and from which folder. */
export interface GlobScope {
  readonly files: Files;
  readonly directory: VirtualPath;
  readonly signal: AbortSignal;
}

/** Expands the words of a line. @throws ParseError More than MAX_MATCHES names. */
export async function expandWords(words: readonly Word[], scope: GlobScope): Promise<string[]> {
  const expanded: string[] = [];
  for (const word of words) {
    const matches = word.pattern === undefined ? [] : await matchPaths(word, scope, MAX_MATCHES - expanded.length);
    if (matches.length > 0) {
      for (const match of matches) expanded.push(match);
    } else {
      expanded.push(word.home ? homePath(word.text) : word.text);
    }
  }
  return expanded;
}

function homePath(text: string): string {
  return text === '~' ? ROOT : text.slice(1);
}

type Segment = { readonly literal: string } | { readonly matches: NameMatcher };

async function matchPaths(word: Word, scope: GlobScope, limit: number): Promise<string[]> {
  const pattern = word.home ? (word.pattern ?? '').slice(1) : (word.pattern ?? '');
  const absolute = pattern.startsWith('/');
  const folderOnly = pattern.endsWith('/');
  const segments = splitPattern(pattern).map(toSegment);
  let found: string[] = [absolute ? '/' : ''];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const next: string[] = [];
    for (const base of found) {
      scope.signal.throwIfAborted();
      if ('literal' in segment) {
        const path = append(base, segment.literal);
        if (!isLast || (await exists(path, scope, folderOnly))) next.push(path);
        continue;
      }
      for (const name of await matchingNames(base, segment.matches, scope, !isLast || folderOnly, limit)) {
        next.push(append(base, name));
      }
      if (next.length > limit) throw new ParseError(`the patterns match more than ${MAX_MATCHES} names`);
    }
    found = next;
  }
  return folderOnly ? found.map((path) => `${path}/`) : found;
}

/** Splits at "/", which no pattern character matches; escaped or not makes no difference to a "/". */
function splitPattern(pattern: string): string[] {
  return pattern
    .replaceAll('\\/', '/')
    .split('/')
    .filter((part) => part !== '');
}

function toSegment(part: string): Segment {
  return isPattern(part) ? { matches: compilePattern(part) } : { literal: literalOf(part) };
}

function append(base: string, name: string): string {
  return base === '' || base.endsWith('/') ? base + name : `${base}/${name}`;
}

async function exists(path: string, { files, directory }: GlobScope, folderOnly: boolean): Promise<boolean> {
  try {
    const attributes = await (folderOnly ? files.stat : files.lstat).call(files, parsePath(path, directory));
    return !folderOnly || attributes.kind === 'directory';
  } catch (error) {
    if (isFileError(error)) return false;
    throw error;
  }
}

/** The matching names of a folder in order; none when it is not a folder or may not be read, as for every shell. */
async function matchingNames(
  base: string,
  matches: NameMatcher,
  { files, directory, signal }: GlobScope,
  foldersOnly: boolean,
  limit: number,
): Promise<string[]> {
  const names: string[] = [];
  try {
    const folder = await files.list(parsePath(base, directory));
    try {
      for (let batch = await folder.read(LIST_BATCH); batch.length > 0; batch = await folder.read(LIST_BATCH)) {
        signal.throwIfAborted();
        for (const { name, attributes } of batch) {
          const mayLead = attributes.kind === 'directory' || attributes.kind === 'link';
          if ((!foldersOnly || mayLead) && matches(name)) names.push(name);
        }
        if (names.length > limit) break;
      }
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!isFileError(error)) throw error;
  }
  return names.sort();
}
