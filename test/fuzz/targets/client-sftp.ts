// What a server answers to our client: SFTP replies, through ssh2's reading of them and ours.

import { createRequire } from 'node:module';
import type { SFTPWrapper } from 'ssh2';
import { ConnectionError } from '../../../src/client/connection-error.ts';
import { createRemoteFiles } from '../../../src/client/remote-files.ts';
import { createSession } from '../../../src/client/session.ts';
import { isFileError } from '../../../src/model/error.ts';
import type { Files } from '../../../src/model/files.ts';
import { parsePath } from '../../../src/model/path.ts';
import { EXTENSIONS } from '../../../src/sftp/codec/extensions.ts';
import {
  attributesResponse,
  handleResponse,
  limitsResponse,
  nameResponse,
  spaceResponse,
  statusResponse,
  versionResponse,
} from '../../../src/sftp/codec/responses.ts';
import { packet, str, u8, u32 } from '../../sftp/bytes-of.ts';
import { holds, pure, type Target } from '../target.ts';

interface ReadingSftp extends SFTPWrapper {
  push(data: Buffer | null): void;
}

const { SFTP } = createRequire(import.meta.url)('ssh2/lib/protocol/SFTP.js') as {
  SFTP: new (client: object, channel: object, config: object) => ReadingSftp;
};

const ATTRIBUTES = {
  kind: 'file',
  mode: 0o100644,
  sizeBytes: 5,
  uid: 1000,
  gid: 1000,
  linkCount: 1,
  accessedMs: 0,
  modifiedMs: 0,
} as const;
const SPACE = {
  blockBytes: 4096,
  totalBlocks: 9,
  freeBlocks: 8,
  availableBlocks: 7,
  totalFiles: 6,
  freeFiles: 5,
  maxNameBytes: 255,
};
const data = (id: number, text: string): Buffer => packet(u8(103), u32(id), str(text));
const handle = Buffer.from('h');
const names = [
  { name: 'a', longname: '-rw------- a', attributes: ATTRIBUTES },
  { name: '..', longname: '' },
];

/** Each is done with the answers of the input from the beginning. */
const ERRANDS: readonly ((files: Files) => Promise<unknown>)[] = [
  (files) => files.stat(PATH),
  (files) => files.realPath(PATH),
  (files) => files.readLink(PATH),
  (files) => files.space(PATH),
  async (files) => {
    const folder = await files.list(PATH);
    for (let rounds = 0; rounds < 20; rounds += 1) {
      const entries = await folder.read(10);
      if (entries.length === 0) break;
    }
    await folder.close();
  },
  async (files) => {
    const file = await files.open(PATH, { read: true });
    await file.stat();
    const target = Buffer.alloc(64);
    const bytes = await file.read(target, 0);
    holds(bytes >= 0 && bytes <= target.length, `${bytes} bytes were read into ${target.length}`);
    await file.close();
  },
];
const PATH = parsePath('/x');

const version = versionResponse();
const session = (...replies: readonly Buffer[]): Buffer => Buffer.concat([version, ...replies]);

export const clientSftp: Target = {
  name: 'client-sftp',
  invariant:
    'whatever a server answers, each errand of the client ends with a result or a FileError once the server is gone',
  covers: ['/src/client/', 'ssh2/lib/protocol/SFTP.js'],
  dictionary: [...EXTENSIONS.map(({ name }) => str(name)), u32(0), u32(1), version, statusResponse(1, 4, 'Failure')],
  seeds: [
    session(limitsResponse(0, { packetBytes: 40000, readBytes: 32768, writeBytes: 32768, handles: 10 })),
    session(attributesResponse(0, ATTRIBUTES), attributesResponse(1, ATTRIBUTES)),
    session(nameResponse(0, names.slice(0, 1)), nameResponse(1, names.slice(0, 1))),
    session(
      handleResponse(0, handle),
      nameResponse(1, names),
      statusResponse(2, 1, 'End of file'),
      statusResponse(3, 0, ''),
    ),
    session(
      handleResponse(0, handle),
      nameResponse(1, names),
      attributesResponse(2, ATTRIBUTES),
      data(3, 'hello'),
      statusResponse(4, 1, ''),
      statusResponse(5, 0, ''),
    ),
    session(spaceResponse(0, SPACE), spaceResponse(1, SPACE)),
    session(statusResponse(0, 2, 'No such file'), statusResponse(1, 3, 'Permission denied')),
  ],
  maxBytes: 2000,
  begin: pure(async (input) => {
    for (const errand of ERRANDS) await runErrand(errand, input);
  }),
};

/** Gives the answers one packet after the other, each once the client has asked something; then the server is gone. */
async function runErrand(errand: (files: Files) => Promise<unknown>, input: Buffer): Promise<void> {
  const ends = (): void => undefined;
  const protocol = {
    channelData: ends,
    channelClose: ends,
    channelEOF: ends,
    channelWindowAdjust: ends,
    _remoteIdentRaw: Buffer.from('SSH-2.0-x'),
  };
  const side = (): object => ({ id: 0, window: 2 ** 31, packetSize: 32768, state: 'open' });
  const sftp = new SFTP({ _protocol: protocol }, { type: 'session', incoming: side(), outgoing: side() }, {});
  let broken: unknown;
  sftp.on('error', (error: unknown) => {
    broken = error;
  });
  let close: (reason: ConnectionError) => void = ends;
  const closed = new Promise<ConnectionError>((resolve) => {
    close = resolve;
  });
  const files = createRemoteFiles(createSession(sftp, closed));
  let isOver = false;
  const result = errand(files).then(
    () => undefined,
    (error: unknown) => error,
  );
  void result.then(() => {
    isOver = true;
  });
  for (const reply of repliesIn(input)) {
    if (isOver || broken !== undefined) break;
    sftp.push(Buffer.from(reply));
    await new Promise((resolve) => setImmediate(resolve));
  }
  close(new ConnectionError('lost', 'the server is gone'));
  sftp.push(null);
  const error = await result;
  if (error !== undefined && !isFileError(error)) throw error;
}

/** As the lengths in them say; what is left over is one more. */
function repliesIn(input: Buffer): Buffer[] {
  const replies: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    // ssh2 1.17 takes a length of 2 GiB and more for a negative one and throws: known, so the search stops there.
    if ((input[at] ?? 0) >= 0x80) break;
    const end = at + 4 <= input.length ? at + 4 + input.readUInt32BE(at) : input.length;
    replies.push(input.subarray(at, end));
    at = end;
  }
  return replies;
}
