// Patterns (`*`, `?`, `[...]`) in paths, on either side: knows how to list a folder, not where it is.

import { concurrently } from '../client/concurrently.ts';
import { FileError } from '../model/error.ts';
import { compilePattern, isPattern, literalOf } from '../model/glob-pattern.ts';

/** What is asked of a side at once: a folder may hold a hundred thousand names that match. */
const QUESTIONS_AT_ONCE = 64;

export interface GlobSide {
  /** The names in a folder; '' is where relative paths begin. Undefined when it is no folder that can be read. */
  names(folder: string): Promise<readonly string[] | undefined>;
  exists(path: string): Promise<boolean>;
}

/** What to say of a pattern that stands for nothing. */
export function nothingMatches(pattern: string): FileError {
  return new FileError('not-found', { path: pattern, detail: 'nothing matches' });
}

/**
 * The paths that a pattern stands for, in the order of their names; none when nothing matches. A path that exists as
 * it is written stands for itself. As in a shell, a leading dot must be written.
 */
export async function expandGlob(pattern: string, side: GlobSide): Promise<string[]> {
  if (!/[*?[\\]/.test(pattern) || (await side.exists(pattern))) return [pattern];
  if (!isPattern(pattern)) return [literalOf(pattern)];
  let found = [pattern.startsWith('/') ? '/' : ''];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    found = isPattern(part) ? await matching(found, part, side) : found.map((path) => joined(path, literalOf(part)));
  }
  const there = await askAll(found, (path) => side.exists(path));
  return found.filter((_, index) => there[index]);
}

async function matching(folders: readonly string[], pattern: string, side: GlobSide): Promise<string[]> {
  const matches = compilePattern(pattern);
  const lists = await askAll(folders, async (folder) => {
    const names = (await side.names(folder)) ?? [];
    return [...names]
      .filter((name) => matches(name))
      .sort()
      .map((name) => joined(folder, name));
  });
  return lists.flat();
}

/** The answers in the order of the paths. */
async function askAll<T>(paths: readonly string[], ask: (path: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  await concurrently(paths.entries(), QUESTIONS_AT_ONCE, async ([index, path]) => {
    answers[index] = await ask(path);
  });
  return answers;
}

function joined(folder: string, name: string): string {
  return folder === '' || folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`;
}
