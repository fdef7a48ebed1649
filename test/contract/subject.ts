// What a contract test works with: files under test, what they can't do, and the few words that every test uses.

import type { ExecutionContext } from 'ava';
import type { Entry } from '../../src/model/entry.ts';
import { FileError, type FileErrorCode } from '../../src/model/error.ts';
import type { Files, OpenFile, OpenOptions } from '../../src/model/files.ts';
import { parsePath, type VirtualPath } from '../../src/model/path.ts';

/** How one implementation may differ. Every field is a difference that users can see, with its reason where it is set. */
export interface Differences {
  /** Symbolic links can't be made. */
  readonly noLinks?: boolean;
  /** Times are whole seconds since 1970 (SFTP version 3 has 32 bits for them). */
  readonly wholeSeconds?: boolean;
  /** The longest path; 4095 bytes unless told. */
  readonly maxPathBytes?: number;
  /** How many names a file has is not known (SFTP version 3 does not tell). */
  readonly noLinkCount?: boolean;
  /** What is written anew gets its name when it is closed: no two can write one file together, or through two names. */
  readonly atomicUploads?: boolean;
  /** What replaces a file gets its name when it is closed: the file's other names keep what was there. */
  readonly replacesAside?: boolean;
  /** Each new file is synced, which takes the disk its time. */
  readonly syncs?: boolean;
  /** The codes that may stand for `code`, where the wire has fewer. */
  readonly codes?: (code: FileErrorCode) => readonly FileErrorCode[];
}

export interface Subject {
  readonly title: string;
  /** Makes the files of an empty home, and sees to their end with `t.teardown`. */
  readonly makeFiles: (t: ExecutionContext) => Promise<Files>;
  readonly differences: Differences;
}

export const at = (text: string): VirtualPath => parsePath(text);

/** Opens, works, closes: also when the work fails. */
export async function withFile<T>(
  files: Files,
  path: string,
  options: OpenOptions,
  work: (file: OpenFile) => Promise<T>,
): Promise<T> {
  const file = await files.open(at(path), options);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Makes the file, or replaces what it holds. */
export async function put(files: Files, path: string, content: string | Uint8Array): Promise<void> {
  await withFile(files, path, { write: true, create: true, truncate: true }, (file) =>
    file.write(Buffer.from(content), 0),
  );
}

export async function getBytes(files: Files, path: string): Promise<Buffer> {
  return withFile(files, path, { read: true }, readAll);
}

export async function get(files: Files, path: string): Promise<string> {
  return (await getBytes(files, path)).toString();
}

export async function readAll(file: OpenFile): Promise<Buffer> {
  const content = Buffer.alloc((await file.stat()).sizeBytes + 1);
  return content.subarray(0, await file.read(content, 0));
}

/** All entries of a folder, read `batch` at a time. */
export async function entries(files: Files, path: string, batch = 100): Promise<Entry[]> {
  const directory = await files.list(at(path));
  try {
    const all: Entry[] = [];
    for (let next = await directory.read(batch); next.length > 0; next = await directory.read(batch)) all.push(...next);
    return all;
  } finally {
    await directory.close();
  }
}

export async function names(files: Files, path: string): Promise<string[]> {
  return (await entries(files, path)).map(({ name }) => name).sort();
}

/** Asserts that `work` fails with a FileError of this code, or of one that stands for it here. */
export async function fails(
  t: ExecutionContext,
  { differences }: Subject,
  code: FileErrorCode,
  work: Promise<unknown>,
): Promise<void> {
  const error = await t.throwsAsync(work, { instanceOf: FileError });
  if (!(error instanceof FileError)) return;
  const accepted = differences.codes?.(code) ?? [code];
  t.true(accepted.includes(error.code), `${error.code} instead of ${accepted.join(' or ')}`);
  t.notRegex(error.message, /\/proc\/|\/tmp\//, 'a host path is told');
}
