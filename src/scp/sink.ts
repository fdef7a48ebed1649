// scp -t: files come in. Each record is answered, each content read to its end, whatever goes wrong with the file: the
// two sides stay in step, and the next file has its chance.

import type { EntryKind } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Files, OpenFile } from '../model/files.ts';
import { joinPath, parsePath, type VirtualPath } from '../model/path.ts';
import { ScpProtocolError } from './protocol-error.ts';
import { parseRecord, type ScpRecord, type ScpTimes } from './record.ts';
import type { ScpWire } from './wire.ts';

const PIECE_BYTES = 256 * 1024;

export interface SinkParts {
  readonly files: Files;
  readonly wire: ScpWire;
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly targetIsFolder: boolean;
  readonly signal: AbortSignal;
}

/** As open(2) has it, which makes no file of such a name. */
const NAMES_FOLDER = /\/\.?$/;

interface Receiving extends SinkParts {
  /** Why the target itself can be no file, where it is said to be a folder. */
  readonly noFile: FileError | undefined;
}

type FileRecord = Extract<ScpRecord, { kind: 'file' }>;
type FolderRecord = Extract<ScpRecord, { kind: 'directory' }>;

/** Receives into `text`; resolves to whether all went well. @throws ScpProtocolError */
export async function receiveInto(text: string, parts: SinkParts): Promise<boolean> {
  let target: VirtualPath;
  let isFolder: boolean;
  let noFile: FileError | undefined;
  try {
    target = parsePath(text);
    const kind = await kindAt(parts.files, target);
    if (parts.targetIsFolder && kind === 'nothing') throw new FileError('not-found', { path: target });
    const saysFolder = NAMES_FOLDER.test(text);
    // Who may not look has said what it is, and will be told at the first file when it is not.
    isFolder = kind === 'directory' || (kind === 'unknown' && (parts.targetIsFolder || saysFolder));
    if (saysFolder) noFile = new FileError(kind === 'nothing' ? 'not-found' : 'not-a-directory', { path: target });
    if (parts.targetIsFolder && !isFolder) throw new FileError('not-a-directory', { path: target });
  } catch (error) {
    if (!isFileError(error)) throw error;
    await parts.wire.sendError(`${text}: ${error.message}`);
    return false;
  }
  await parts.wire.sendOk();
  return receive(target, isFolder, { ...parts, noFile }, 0);
}

/** Receives records up to the end of the folder, or of everything at depth 0. */
async function receive(target: VirtualPath, isFolder: boolean, parts: Receiving, depth: number): Promise<boolean> {
  const { wire, noFile } = parts;
  let allReceived = true;
  let times: ScpTimes | undefined;
  for (;;) {
    const line = await wire.readLine();
    if (line === undefined) {
      if (depth > 0) throw new ScpProtocolError('lost connection');
      return allReceived;
    }
    const record = parseRecord(line);
    switch (record.kind) {
      case 'end':
        // Whoever began the folder answers it.
        if (depth === 0) throw new ScpProtocolError('unexpected end of a folder');
        return allReceived;
      case 'times':
        times = record.times;
        await wire.sendOk();
        break;
      case 'error':
        allReceived = false;
        break;
      case 'fatal':
        throw new ScpProtocolError(record.message);
      case 'file':
      case 'directory': {
        const path = isFolder ? joinPath(target, record.name) : target;
        if (record.kind === 'file' && !isFolder && noFile !== undefined) {
          await wire.sendError(`${path}: ${noFile.message}`);
          [allReceived, times] = [false, undefined];
          break;
        }
        const received =
          record.kind === 'file'
            ? await receiveFile(path, record, times, parts)
            : await receiveFolder(path, record, times, parts, depth);
        allReceived = received && allReceived;
        times = undefined;
        break;
      }
      default:
        return record satisfies never;
    }
  }
}

async function receiveFolder(
  path: VirtualPath,
  { mode }: FolderRecord,
  times: ScpTimes | undefined,
  parts: Receiving,
  depth: number,
): Promise<boolean> {
  const { files, wire, preserve } = parts;
  if (!parts.recursive) throw new ScpProtocolError('received directory without -r');
  let made = false;
  try {
    parsePath(path);
    const kind = await kindAt(files, path);
    // Its owner must be able to fill it; the mode that was asked for is set when that is done.
    if (kind === 'nothing' || kind === 'unknown')
      made = await makeFolder(files, path, mode | 0o700, kind === 'unknown');
    else if (kind !== 'directory') throw new FileError('not-a-directory', { path });
  } catch (error) {
    if (!isFileError(error)) throw error;
    await wire.sendError(`${path}: ${error.message}`);
    return false;
  }
  await wire.sendOk();
  const received = await receive(path, true, parts, depth + 1);
  try {
    const wantsMode = (preserve || (made && (mode | 0o700) !== mode)) && !(await hasMode(files, path, mode));
    if (wantsMode || times !== undefined) {
      await files.setAttributes(path, { ...(wantsMode ? { mode } : {}), ...(times === undefined ? {} : { times }) });
    }
  } catch (error) {
    if (!isFileError(error)) throw error;
    await wire.sendError(`${path}: ${error.message}`);
    return false;
  }
  await wire.sendOk();
  return received;
}

/** Of what may not be looked at that is not known. */
async function hasMode(files: Files, path: VirtualPath, mode: number): Promise<boolean> {
  try {
    return ((await files.stat(path)).mode & 0o7777) === mode;
  } catch (error) {
    if (!isFileError(error)) throw error;
    return false;
  }
}

async function receiveFile(
  path: VirtualPath,
  { mode, sizeBytes }: FileRecord,
  times: ScpTimes | undefined,
  parts: SinkParts,
): Promise<boolean> {
  const { files, wire, preserve } = parts;
  let file: OpenFile;
  // Its owner must be able to begin it anew when it breaks off; it loses that bit when it is whole.
  let losesBit = false;
  try {
    parsePath(path);
    losesBit = (mode & 0o200) === 0 && !preserve && (await kindAt(files, path)) === 'nothing';
    // Not emptied first: until its bytes are replaced, what was there stays.
    file = await files.open(path, { write: true, create: true, whole: true, mode: mode | 0o200 });
  } catch (error) {
    if (!isFileError(error)) throw error;
    await wire.sendError(`${path}: ${error.message}`);
    return false;
  }
  let problem: FileError | undefined;
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    if (problem !== undefined) return;
    try {
      await act();
    } catch (error) {
      if (!isFileError(error)) throw error;
      problem = error;
    }
  };
  /** Also when its mode or times could not be set: that is told, and the content is there. */
  let isWhole = false;
  /** Also when something has gone wrong before. */
  const close = async (): Promise<void> => {
    try {
      await file.close({ abandon: !isWhole });
    } catch (error) {
      if (!isFileError(error)) throw error;
      problem ??= error;
    }
  };
  try {
    await wire.sendOk();
    await receiveContent(file, sizeBytes, parts, attempt);
    await attempt(async () => {
      if ((await file.stat()).sizeBytes !== sizeBytes) await file.setAttributes({ sizeBytes });
    });
    const isContentWhole = problem === undefined;
    await attempt(async () => {
      if (preserve && ((await file.stat()).mode & 0o7777) !== mode) await file.setAttributes({ mode });
      // What the umask took stays taken.
      if (losesBit) await file.setAttributes({ mode: (await file.stat()).mode & mode });
      if (times !== undefined) await file.setAttributes({ times });
    });
    // The sender closes the content with a reply of its own: an error when the file failed on its side.
    const reply = await wire.readReply();
    if (reply.kind === 'fatal') throw new ScpProtocolError(reply.message);
    isWhole = isContentWhole && reply.kind === 'ok';
  } finally {
    await close();
  }
  if (problem === undefined) await wire.sendOk();
  else await wire.sendError(`${path}: ${problem.message}`);
  return problem === undefined && isWhole;
}

/** Reads all of the content; the next piece comes in while one is written. What arrived is written also when the rest does not. */
async function receiveContent(
  file: OpenFile,
  sizeBytes: number,
  { wire }: SinkParts,
  attempt: (act: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let buffers = [0, 1].map(() => Buffer.allocUnsafe(Math.min(PIECE_BYTES, sizeBytes)));
  let writing: Promise<void> = Promise.resolve();
  for (let offset = 0; offset < sizeBytes; ) {
    const [current = Buffer.alloc(0), other = Buffer.alloc(0)] = buffers;
    buffers = [other, current];
    const wanted = current.subarray(0, Math.min(current.length, sizeBytes - offset));
    let length = 0;
    try {
      length = await wire.readUpTo(wanted);
    } finally {
      await writing;
    }
    const at = offset;
    writing = attempt(() => file.write(wanted.subarray(0, length), at));
    offset += length;
    if (length < wanted.length) {
      await writing;
      throw new ScpProtocolError('lost connection');
    }
  }
  await writing;
}

/** What stands at `path`; `unknown` for who may send files and not look, as into a drop box. */
async function kindAt(files: Files, path: VirtualPath): Promise<EntryKind | 'nothing' | 'unknown'> {
  try {
    return (await files.stat(path)).kind;
  } catch (error) {
    if (isFileError(error, 'not-found')) return 'nothing';
    if (isFileError(error, 'permission-denied')) return 'unknown';
    throw error;
  }
}

/** Resolves to whether it is new. */
async function makeFolder(files: Files, path: VirtualPath, mode: number, mayExist: boolean): Promise<boolean> {
  try {
    await files.makeDirectory(path, { mode });
    return true;
  } catch (error) {
    if (mayExist && isFileError(error, 'already-exists')) return false;
    throw error;
  }
}
