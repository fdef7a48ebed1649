// Patterns (`*`, `?`, `[...]`) in paths, on either side: knows how to list a folder, not where it is.

import { FileError } from '../model/error.ts';
import { compilePattern, isPattern, literalOf } from '../model/glob-pattern.ts';

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
  const there = await Promise.all(found.map((path) => side.exists(path)));
  return found.filter((_, index) => there[index]);
}

async function matching(folders: readonly string[], pattern: string, side: GlobSide): Promise<string[]> {
  const matches = compilePattern(pattern);
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const names = (await side.names(folder)) ?? [];
      return [...names]
        .filter((name) => matches(name))
        .sort()
        .map((name) => joined(folder, name));
    }),
  );
  return lists.flat();
}

function joined(folder: string, name: string): string {
  return folder === '' || folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`;
}
