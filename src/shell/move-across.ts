// Moving to where nothing can be renamed to: into a shared folder, or another file system. As mv(1) does it: all is
// copied, and when all of it is there, what was copied is deleted. Whatever fails, the original is whole; and what
// changes or comes to it meanwhile stays where it is.

import type { Attributes } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { isWithin, joinPath, type VirtualPath } from '../model/path.ts';
import { readFolder } from './folder.ts';
import { attempt, type OperandCall } from './operands.ts';
import { EXIT } from './report.ts';

/** Not every disk keeps the smallest fractions of a time. */
const SAME_TIME_MS = 1;

/** Moves `from` to `to`; resolves to the exit status. What is at `to` is replaced, if it is a file and `from` is one. */
export async function moveAcross(call: OperandCall, from: VirtualPath, to: VirtualPath): Promise<number> {
  const { files } = call.context;
  const about = await files.lstat(from);
  await makeWay(files, { from, to, about });
  const copied = await copyAll(call, { from, to, about, isFirst: true });
  if (copied !== EXIT.ok) {
    await call.io.error(`${call.name}: ${from}: kept, for not all of it could be copied to ${to}`);
    return copied;
  }
  return deleteCopied(call, from, to);
}

interface Moving {
  readonly from: VirtualPath;
  readonly to: VirtualPath;
  /** What is known of `from`. */
  readonly about: Attributes;
}

/** Refuses what could replace more than a file. */
async function makeWay(files: Files, { from, to, about }: Moving): Promise<void> {
  const there = await lstatIfAny(files, to);
  if (about.kind === 'directory') {
    if (isWithin(await files.realPath(to), await files.realPath(from))) {
      throw new FileError('invalid-argument', { path: from, detail: 'a folder can not be moved into itself' });
    }
    if (there !== undefined && there.kind !== 'directory') throw new FileError('not-a-directory', { path: to });
    if (there !== undefined && !(await isEmpty(files, to))) throw new FileError('not-empty', { path: to });
  } else if (there?.kind === 'directory') {
    throw new FileError('is-a-directory', { path: to });
  } else if (there !== undefined && about.kind === 'link') {
    throw new FileError('already-exists', { path: to });
  }
}

async function copyAll(call: OperandCall, moving: Moving & { isFirst: boolean }): Promise<number> {
  const { from, to, about, isFirst } = moving;
  const { files } = call.context;
  switch (about.kind) {
    case 'file': {
      await files.copy(from, to, { replace: isFirst });
      await keepTimes(files, moving);
      if (!isSameFile(await files.lstat(from), about)) throw changed(from);
      return EXIT.ok;
    }
    case 'link':
      await files.makeLink(to, await files.readLink(from));
      return EXIT.ok;
    case 'directory':
      return copyFolder(call, moving);
    case 'other':
      throw new FileError('unsupported', { path: from, detail: 'a special file can not be moved there' });
    default:
      return about.kind satisfies never;
  }
}

async function copyFolder(call: OperandCall, moving: Moving & { isFirst: boolean }): Promise<number> {
  const { from, to, about, isFirst } = moving;
  const { files } = call.context;
  try {
    await files.makeDirectory(to, { mode: about.mode & 0o777 });
  } catch (error) {
    if (!(isFirst && isFileError(error, 'already-exists'))) throw error;
  }
  let failed: number = EXIT.ok;
  for await (const { name, attributes } of readFolder(files, from, call.io.signal)) {
    call.io.signal.throwIfAborted();
    const [inner, innerTo] = [joinPath(from, name), joinPath(to, name)];
    const status = await attempt(call, inner, async () => {
      const below = await copyAll(call, { from: inner, to: innerTo, about: attributes, isFirst: false });
      if (below !== EXIT.ok) failed = below;
    });
    if (status !== EXIT.ok) failed = status;
  }
  await keepTimes(files, moving);
  return failed;
}

/** Deletes of `from` what is at `to` as well. */
async function deleteCopied(call: OperandCall, from: VirtualPath, to: VirtualPath): Promise<number> {
  const { files } = call.context;
  const [about, copy] = [await files.lstat(from), await lstatIfAny(files, to)];
  if (copy?.kind !== about.kind) throw changed(from);
  if (about.kind === 'directory') return deleteCopiedFolder(call, from, to);
  const isOlder = about.modifiedMs <= copy.modifiedMs + SAME_TIME_MS;
  const isSame =
    about.kind === 'link'
      ? (await files.readLink(from)) === (await files.readLink(to))
      : about.sizeBytes === copy.sizeBytes && isOlder;
  if (!isSame) throw changed(from);
  await files.remove(from);
  return EXIT.ok;
}

async function deleteCopiedFolder(call: OperandCall, from: VirtualPath, to: VirtualPath): Promise<number> {
  let failed: number = EXIT.ok;
  for await (const { name } of readFolder(call.context.files, from, call.io.signal)) {
    call.io.signal.throwIfAborted();
    const inner = joinPath(from, name);
    const status = await attempt(call, inner, async () => {
      const below = await deleteCopied(call, inner, joinPath(to, name));
      if (below !== EXIT.ok) failed = below;
    });
    if (status !== EXIT.ok) failed = status;
  }
  if (failed === EXIT.ok) await call.context.files.removeDirectory(from);
  return failed;
}

/** Where that is allowed: a role may let somebody write, and not set times. */
async function keepTimes(files: Files, { to, about: { accessedMs, modifiedMs } }: Moving): Promise<void> {
  try {
    await files.setAttributes(to, { times: { accessedMs, modifiedMs } });
  } catch (error) {
    if (!isFileError(error, 'permission-denied')) throw error;
  }
}

function isSameFile(now: Attributes, before: Attributes): boolean {
  return now.kind === before.kind && now.sizeBytes === before.sizeBytes && now.modifiedMs === before.modifiedMs;
}

function changed(path: VirtualPath): FileError {
  return new FileError('busy', { path, detail: 'it has changed since it was copied, and is kept' });
}

async function isEmpty(files: Files, path: VirtualPath): Promise<boolean> {
  const folder = await files.list(path);
  try {
    return (await folder.read(1)).length === 0;
  } finally {
    await folder.close();
  }
}

async function lstatIfAny(files: Files, path: VirtualPath): Promise<Attributes | undefined> {
  try {
    return await files.lstat(path);
  } catch (error) {
    if (isFileError(error, 'not-found')) return undefined;
    throw error;
  }
}
