// The client's end of an SFTP session in a test: sends bytes, and reads whole replies. Also keeps the log.

import { type Duplex, duplexPair } from 'node:stream';
import type { ExecutionContext } from 'ava';
import type { Files } from '../../src/model/files.ts';
import { createFramer } from '../../src/sftp/framer.ts';
import { type SftpOptions, serveSftp } from '../../src/sftp/session.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { INIT, packet, str, u8, u32 } from './bytes-of.ts';
import { createSmallFiles, type SmallFiles } from './small-files.ts';

export interface Reply {
  readonly type: number;
  readonly id: number;
  /** What follows the id. */
  readonly body: Buffer;
}

/** A client of files in memory, into which the test can look. */
export interface RawClient extends DiskClient {
  readonly files: SmallFiles;
}

export interface DiskClient {
  /** The client's end of the channel. */
  readonly stream: Duplex;
  /** The server's end. */
  readonly serverStream: Duplex;
  /** Settles with the session. */
  readonly served: Promise<void>;
  readonly abort: () => void;
  /** What went to `log.unexpected`. */
  readonly unexpected: unknown[];
  send(bytes: Buffer): void;
  /** The next reply, whichever it is. */
  next(): Promise<Reply>;
  /** All replies from here to the end of the server's side of the stream. */
  rest(): Promise<Reply[]>;
  /** Sends a request of `type` with a new id, and waits for its reply. Replies to others may not come in between. */
  ask(type: number, ...fields: readonly Buffer[]): Promise<Reply>;
  extended(name: string, ...fields: readonly Buffer[]): Promise<Reply>;
  /** Opens a file by pflags; resolves to the handle, a field. */
  open(path: string, flags: number): Promise<Buffer>;
  openFolder(path: string): Promise<Buffer>;
  /** Ends the client's side and waits for the session's end. */
  end(): Promise<void>;
}

type ConnectOptions = Partial<SftpOptions> & { readonly greet?: boolean };

/** A session over files in memory, greeted unless told. It is ended by the test's end at the latest. */
export async function connect(
  t: Pick<ExecutionContext, 'teardown'>,
  { files = createSmallFiles(), ...options }: Omit<ConnectOptions, 'files'> & { readonly files?: SmallFiles } = {},
): Promise<RawClient> {
  return Object.assign(await connectTo(t, files, options), { files });
}

/** The same over any files. */
export async function connectTo(
  t: Pick<ExecutionContext, 'teardown'>,
  files: Files,
  { greet = true, ...options }: Omit<ConnectOptions, 'files'> = {},
): Promise<DiskClient> {
  const [stream, serverStream] = duplexPair();
  const gone = new AbortController();
  const log = createTestLog();
  const served = serveSftp({
    stream: serverStream,
    files,
    user: { name: 'alice' },
    client: 'OpenSSH_9.2p1',
    signal: gone.signal,
    log,
    ...options,
  });
  // A test that expects an error awaits `served`; for the others it shows where they wait for a reply.
  served.catch(() => {});
  t.teardown(() => gone.abort());

  const framer = createFramer(1 << 24);
  const replies = readReplies();
  async function* readReplies(): AsyncGenerator<Reply> {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      framer.push(chunk as Buffer);
      for (let reply = framer.next(); reply !== undefined; reply = framer.next()) {
        yield { type: reply.readUInt8(0), id: reply.readUInt32BE(1), body: Buffer.from(reply.subarray(5)) };
      }
    }
  }

  let lastId = 0;
  const client: DiskClient = {
    stream,
    serverStream,
    served,
    abort: () => gone.abort(),
    unexpected: log.unforeseen,
    send: (bytes) => void stream.write(bytes),
    async next() {
      const next = await replies.next();
      if (next.done === true) throw new Error('the server sends no more');
      return next.value;
    },
    async rest() {
      const rest: Reply[] = [];
      for await (const reply of replies) rest.push(reply);
      return rest;
    },
    async ask(type, ...fields) {
      lastId += 1;
      client.send(packet(u8(type), u32(lastId), ...fields));
      const reply = await client.next();
      if (reply.id !== lastId) throw new Error(`reply to ${reply.id}, not to ${lastId}`);
      return reply;
    },
    extended: (name, ...fields) => client.ask(200, str(name), ...fields),
    open: async (path, flags) => handleIn(await client.ask(3, str(path), u32(flags), u32(0))),
    openFolder: async (path) => handleIn(await client.ask(11, str(path))),
    async end() {
      stream.end();
      await served;
    },
  };
  if (greet) {
    client.send(INIT);
    await client.next();
  }
  return client;
}

function handleIn(reply: Reply): Buffer {
  if (reply.type !== 102) throw new Error(`no handle, but ${describe(reply)}`);
  return reply.body;
}

/** A reply in words: `OK`, `FAILURE: File exists`, `type 102`. */
export function describe({ type, body }: Reply): string {
  if (type !== 101) return `type ${type}`;
  const codes = [
    'OK',
    'EOF',
    'NO_SUCH_FILE',
    'PERMISSION_DENIED',
    'FAILURE',
    'BAD_MESSAGE',
    '6',
    '7',
    'OP_UNSUPPORTED',
  ];
  const code = body.readUInt32BE(0);
  const text = body.subarray(8, 8 + body.readUInt32BE(4)).toString();
  return code === 0 ? 'OK' : `${codes[code] ?? code}: ${text}`;
}
