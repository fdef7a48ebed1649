// An open file on the server, by its SFTP handle: reads and writes at offsets, one request each. Transfers and
// remote-file.ts are written on it.

import type { SFTPWrapper } from 'ssh2';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { OpenOptions } from '../model/files.ts';
import { attributesFromWire, attributesToWire, type WireAttributes } from './attributes.ts';
import { sendExchanged, withNameBytes } from './name-bytes.ts';
import { sendWrite } from './sent-packets.ts';
import type { Answer, Session } from './session.ts';
import { spaceFromWire, type WireSpace } from './space.ts';
import { cancellable } from './transfer.ts';

// Open flags of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 6.3).
const READ = 0x01;
const WRITE = 0x02;
const APPEND = 0x04;
const CREATE = 0x08;
const TRUNCATE = 0x10;
const EXCLUSIVE = 0x20;

export interface RemoteHandle {
  readonly path: string;
  /** The server's name for the open file. */
  readonly id: Buffer;
  /** Reads at most `length` bytes (no more than the session's maxReadBytes) into `target`; 0 at the end of the file. */
  readOnce(target: Buffer, at: number, length: number, offset: number): Promise<number>;
  /** Writes `data`, no more than the session's maxWriteBytes. The bytes are copied before this returns. */
  writeOnce(data: Buffer, offset: number): Promise<void>;
  stat(): Promise<Attributes>;
  setAttributes(changes: AttributeChanges): Promise<void>;
  sync(): Promise<void>;
  space(): Promise<Space>;
  /** Closed twice, it does nothing. */
  close(): Promise<void>;
  /** Closes a file that is not whole: a server that is told so does not take it for finished. */
  abandon(): Promise<void>;
}

export async function openHandle(session: Session, path: string, options: OpenOptions): Promise<RemoteHandle> {
  const attributes = options.mode === undefined ? {} : { mode: options.mode & 0o777 };
  const id = await requestHandle(session, path, (sftp, name, answer) =>
    sftp.open(name, flagsOf(options), attributes, answer),
  );
  let closed = false;
  /** Once: by then the server may have given the same id to another file. */
  const closeBy = async (send: Parameters<typeof session.request<void>>[1]): Promise<void> => {
    if (closed) return;
    closed = true;
    await session.request(path, send);
  };
  return {
    path,
    id,
    async readOnce(target, at, length, offset) {
      const bytes = await session.request<number>(path, (sftp, answer) =>
        sftp.read(id, target, at, length, offset, answer),
      );
      return bytes ?? 0;
    },
    async writeOnce(data, offset) {
      await session.request(path, (sftp, answer) => sendWrite(sftp, { id, data, offset }, answer));
    },
    async stat() {
      const wire = await session.request<WireAttributes>(path, (sftp, answer) => sftp.fstat(id, answer));
      if (wire === undefined || Buffer.isBuffer(wire)) throw malformed(path);
      return attributesFromWire(wire);
    },
    async setAttributes(changes) {
      await session.request(path, (sftp, answer) => sftp.fsetstat(id, attributesToWire(changes), answer));
    },
    async sync() {
      await session.request(path, (sftp, answer) => sftp.ext_openssh_fsync(id, answer));
    },
    async space() {
      return spaceFromWire(
        await session.request<WireSpace>(path, (sftp, answer) => sftp.ext_openssh_fstatvfs(id, answer)),
        path,
      );
    },
    close: () => closeBy((sftp, answer) => sftp.close(id, answer)),
    abandon: () =>
      closeBy((sftp, answer) => {
        if (isOffered(sftp, CANCEL)) cancel(sftp, id, answer);
        else sftp.close(id, answer);
      }),
  };
}

/** As openHandle; one that is granted when the signal has fired already is closed again. */
export async function openHandleFor(
  session: Session,
  path: string,
  options: OpenOptions,
  signal: AbortSignal | undefined,
): Promise<RemoteHandle> {
  const opening = openHandle(session, path, options);
  try {
    return await cancellable(opening, signal, path);
  } catch (error) {
    opening.then((handle) => handle.abandon()).catch(() => {});
    throw error;
  }
}

/** Asks for a handle of what is at `path`. It gets memory of its own: that of the answer is read into again. */
export async function requestHandle(
  session: Session,
  path: string,
  send: (sftp: SFTPWrapper, name: string, answer: Answer<Buffer>) => void,
): Promise<Buffer> {
  const id = await session.request<Buffer>(path, (sftp, answer) =>
    withNameBytes(sftp, [path], ([name]) =>
      send(sftp, name, (error, handle) => answer(error, Buffer.isBuffer(handle) ? Buffer.from(handle) : undefined)),
    ),
  );
  // ssh2 hands over whatever kind of answer came.
  if (id === undefined) throw malformed(path);
  return id;
}

/** CLOSE without having finished: docs/protocol.md, section 3. */
const CANCEL = 'cancel@sshome.alt';
/** What ssh2 can send that differs from it in the name alone, and that is as long. */
const STAND_IN = 'fsync@openssh.com';

function isOffered(sftp: SFTPWrapper, extension: string): boolean {
  const { _extensions: offered } = sftp as unknown as { readonly _extensions: Readonly<Record<string, unknown>> };
  return offered[extension] === '1' && offered[STAND_IN] === '1';
}

function cancel(sftp: SFTPWrapper, id: Buffer, answer: (error?: Error | null) => void): void {
  sendExchanged(sftp, [{ standIn: STAND_IN, bytes: Buffer.from(CANCEL) }], () => sftp.ext_openssh_fsync(id, answer));
}

/** The server answered with something else than was asked for. */
export function malformed(path: string): FileError {
  return new FileError('io-error', { path, detail: 'bad answer' });
}

function flagsOf(options: OpenOptions): number {
  return (
    (options.read === true ? READ : 0) |
    (options.write === true ? WRITE : 0) |
    (options.append === true ? APPEND : 0) |
    (options.create === true ? CREATE : 0) |
    (options.truncate === true ? TRUNCATE : 0) |
    (options.exclusive === true ? EXCLUSIVE : 0)
  );
}
