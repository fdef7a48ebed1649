// SFTP spoken request by request over a real connection, under the name of a client that can't be run here: for
// replaying what its source or its logs say that it sends.

import type { ExecutionContext } from 'ava';
import type { Client, ConnectConfig } from 'ssh2';
import { createFramer } from '../../src/sftp/framer.ts';
import { login, openSubsystem } from '../helpers/ssh-client.ts';
import { packet, str, u8, u32 } from '../sftp/bytes-of.ts';
import type { Stage } from './stage.ts';

/** Message types of draft-ietf-secsh-filexfer-02, section 3. */
export const Type = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
} as const;

export const Status = { OK: 0, EOF: 1, NO_SUCH_FILE: 2, FAILURE: 4 } as const;

/** Bits of the pflags of OPEN (section 6.3). */
export const Open = { READ: 1, WRITE: 2, CREAT: 8, TRUNC: 16, EXCL: 32 } as const;

export interface Reply {
  readonly type: number;
  /** What follows the id. */
  readonly body: Buffer;
  /** The code of a STATUS, else -1. */
  readonly status: number;
}

export interface Replay {
  readonly connection: Client;
  /** The names of the extensions in the server's VERSION. */
  readonly extensions: readonly string[];
  /** Sends a request; its reply is waited for with what is returned. */
  send(type: number, ...fields: readonly Buffer[]): Promise<Reply>;
  /** Opens a file, and resolves to the handle as a field. */
  open(path: string, flags: number): Promise<Buffer>;
}

/** Logs in as alice with `ident` for the client's software, and begins SFTP with INIT of `version`. */
export async function replay(
  t: ExecutionContext,
  { server }: Pick<Stage, 'server'>,
  { ident, version = 3, ...config }: ConnectConfig & { readonly ident: string; readonly version?: number },
): Promise<Replay> {
  const connection = await login(t, server, 'alice', { ident, ...config });
  const channel = await openSubsystem(connection);
  const framer = createFramer(1 << 20);
  const waiting = new Map<number, (reply: Reply) => void>();
  let greet: (version: Buffer) => void = () => {};
  const greeted = new Promise<Buffer>((resolve) => {
    greet = resolve;
  });
  channel.on('data', (chunk: Buffer) => {
    framer.push(chunk);
    for (let message = framer.next(); message !== undefined; message = framer.next()) {
      const type = message.readUInt8(0);
      if (type === Type.VERSION) {
        greet(Buffer.from(message.subarray(1)));
        continue;
      }
      const body = Buffer.from(message.subarray(5));
      const id = message.readUInt32BE(1);
      waiting.get(id)?.({ type, body, status: type === Type.STATUS ? body.readUInt32BE(0) : -1 });
      waiting.delete(id);
    }
  });
  channel.write(packet(u8(Type.INIT), u32(version)));
  const greeting = await greeted;
  let lastId = 0;
  const send: Replay['send'] = (type, ...fields) => {
    lastId += 1;
    const id = lastId;
    channel.write(packet(u8(type), u32(id), ...fields));
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    connection,
    extensions: stringsOf(greeting.subarray(4)).filter((_, index) => index % 2 === 0),
    send,
    open: async (path, flags) => {
      const { type, body } = await send(Type.OPEN, str(path), u32(flags), u32(0));
      if (type !== Type.HANDLE) throw new Error(`${path} was not opened: ${body.toString('latin1')}`);
      return body;
    },
  };
}

/** The strings that follow each other in `bytes`. */
export function stringsOf(bytes: Buffer): string[] {
  const strings: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    strings.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return strings;
}

/** The first string of a reply's body behind a count: the name in a NAME. */
export function firstName({ body }: Reply): string {
  return stringsOf(body.subarray(4, 8 + body.readUInt32BE(4)))[0] ?? '';
}
