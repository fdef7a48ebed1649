// scp -f: files go out. One record for each, the peer's reply to it, the content, and the replies to that.

import type { Attributes } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Directory, Files, OpenFile } from '../model/files.ts';
import { joinPath, nameOf, parsePath, type VirtualPath } from '../model/path.ts';
import { ScpProtocolError } from './protocol-error.ts';
import { entryLine, timesLine } from './record.ts';
import type { ScpWire } from './wire.ts';

const PIECE_BYTES = 256 * 1024;
const LIST_BATCH = 256;
/** Of a folder with more names it is read on when these are sent. */
const NAMES_TOGETHER = 50_000;

export interface SourceParts {
  readonly files: Files;
  readonly wire: ScpWire;
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly signal: AbortSignal;
}

/** Sends the paths; resolves to whether all went well. @throws ScpProtocolError */
export async function sendPaths(paths: readonly string[], parts: SourceParts): Promise<boolean> {
  if (!(await accepted(parts.wire))) return false;
  let allSent = true;
  for (const text of paths) {
    const sent = await reporting(parts, text, async () => {
      const path = parsePath(text);
      return sendPath(path, await parts.files.stat(path), parts);
    });
    allSent = sent && allSent;
  }
  return allSent;
}

/** Links are followed, as by OpenSSH; how deep a path can be bounds a link that leads to a folder above itself. */
async function sendPath(path: VirtualPath, about: Attributes, parts: SourceParts): Promise<boolean> {
  if (about.kind === 'file') return sendFile(path, parts);
  if (about.kind === 'directory' && parts.recursive) return sendFolder(path, about, parts);
  await parts.wire.sendError(`${path}: not a regular file`);
  return false;
}

async function sendFolder(path: VirtualPath, about: Attributes, parts: SourceParts): Promise<boolean> {
  const { files, wire, signal } = parts;
  const folder = await files.list(path);
  try {
    if (!(await announce(wire, about, parts, entryLine('D', about.mode, 0, nameOf(path) || '.')))) return false;
    // Whatever becomes of it, the peer is told of its end: it would put into it what comes next.
    const allSent = await reporting(parts, path, async () => {
      let allSent = true;
      for await (const name of namesIn(folder, signal)) {
        const sent = await reporting(parts, `${path}/${name}`, async () => {
          const inner = joinPath(path, name);
          return sendPath(inner, await files.stat(inner), parts);
        });
        allSent = sent && allSent;
      }
      return allSent;
    });
    await wire.sendLine('E');
    return (await accepted(wire)) && allSent;
  } finally {
    await folder.close();
  }
}

/** Closes the folder before the last names are handed out: of folders in one another none but the innermost is open. */
async function* namesIn(folder: Directory, signal: AbortSignal): AsyncGenerator<string> {
  for (let isAtEnd = false; !isAtEnd; ) {
    const names: string[] = [];
    while (!isAtEnd && names.length < NAMES_TOGETHER) {
      signal.throwIfAborted();
      const batch = await folder.read(LIST_BATCH);
      for (const { name } of batch) names.push(name);
      isAtEnd = batch.length === 0;
    }
    if (isAtEnd) await folder.close();
    for (const name of names) {
      signal.throwIfAborted();
      yield name;
    }
  }
}

async function sendFile(path: VirtualPath, parts: SourceParts): Promise<boolean> {
  const { files, wire } = parts;
  const file = await files.open(path, { read: true });
  try {
    const about = await file.stat();
    if (!(await announce(wire, about, parts, entryLine('C', about.mode, about.sizeBytes, nameOf(path))))) return false;
    const problem = await sendContent(file, about.sizeBytes, parts);
    if (problem === undefined) await wire.sendOk();
    else await wire.sendError(`${path}: ${problem.message}`);
    return (await accepted(wire)) && problem === undefined;
  } finally {
    await file.close();
  }
}

/** Sends the times, when they are wanted, and the record; resolves to whether the peer wants what follows. */
async function announce(wire: ScpWire, about: Attributes, { preserve }: SourceParts, line: string): Promise<boolean> {
  if (preserve) {
    await wire.sendLine(timesLine(about));
    if (!(await accepted(wire))) return false;
  }
  await wire.sendLine(line);
  return accepted(wire);
}

/**
 * Sends exactly `sizeBytes` bytes, reading the next piece while one is sent. When the file fails or has become shorter,
 * zeros fill up what was promised, to stay in step, and the problem is returned.
 */
async function sendContent(
  file: OpenFile,
  sizeBytes: number,
  { wire, signal }: SourceParts,
): Promise<FileError | undefined> {
  let problem: FileError | undefined;
  const read = async (offset: number): Promise<Buffer> => {
    // A new buffer each time: the stream may keep the last one.
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, sizeBytes - offset));
    let length = 0;
    try {
      if (problem === undefined && piece.length > 0) length = await file.read(piece, offset);
      if (length < piece.length) problem ??= new FileError('io-error', { detail: 'the file has become shorter' });
    } catch (error) {
      if (!isFileError(error)) throw error;
      problem ??= error;
    }
    return piece.fill(0, length);
  };
  let piece = await read(0);
  for (let offset = piece.length; piece.length > 0; offset += piece.length) {
    signal.throwIfAborted();
    [piece] = await Promise.all([read(offset), wire.sendBytes(piece)]);
  }
  return problem;
}

/** @throws ScpProtocolError The peer has given up. */
async function accepted(wire: ScpWire): Promise<boolean> {
  const reply = await wire.readReply();
  if (reply.kind === 'fatal') throw new ScpProtocolError(reply.message);
  return reply.kind === 'ok';
}

/** Tells the peer of a FileError and goes on with the next. */
async function reporting(parts: SourceParts, shown: string, send: () => Promise<boolean>): Promise<boolean> {
  try {
    return await send();
  } catch (error) {
    if (!isFileError(error)) throw error;
    parts.signal.throwIfAborted();
    await parts.wire.sendError(`${shown}: ${error.message}`);
    return false;
  }
}
