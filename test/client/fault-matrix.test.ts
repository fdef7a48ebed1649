// A server that dies, falls silent, refuses or lies at each request of each operation: every operation comes to its end, with an
// error that is the client's own, and leaves nothing open and no half file under a name.

import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test from 'ava';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { ConnectionError } from '../../src/client/connection-error.ts';
import { FileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { packet, str, u8, u32, u64 } from '../sftp/bytes-of.ts';
import {
  type Asked,
  handlePacket,
  LSTAT,
  namesPacket,
  OPEN,
  OPENDIR,
  READDIR,
  REALPATH,
  type ScriptedServer,
  STAT,
  scriptedServer,
  statusPacket,
} from './scripted-server.ts';

const RMDIR = 15;
/** Some reads of 32 KiB. */
const SIZE_BYTES = 70_000;

/** What is served: /d with a file and a folder in it, and a file of SIZE_BYTES at every other path. */
const FOLDERS: Readonly<Record<string, readonly { name: string; isFolder: boolean }[]>> = {
  '/d': [
    { name: 'a', isFolder: false },
    { name: 's', isFolder: true },
  ],
  '/d/s': [{ name: 'b', isFolder: false }],
};

function answerOf(folders: Set<string>, listed: Set<string>, { type, id, body }: Asked): Buffer | undefined {
  const name = body.subarray(4, 4 + body.readUInt32BE(0)).toString();
  switch (type) {
    case STAT:
    case LSTAT:
      return folders.has(name) ? packet(u8(105), u32(id), u32(4), u32(0o040755)) : undefined;
    case OPENDIR:
      listed.delete(name);
      return handlePacket(id, name);
    case READDIR: {
      const entries = listed.has(name) ? [] : (FOLDERS[name] ?? []);
      listed.add(name);
      if (entries.length === 0) return undefined;
      const fields = entries.flatMap((entry) => [
        str(entry.name),
        str(''),
        Buffer.concat([u32(5), u64(SIZE_BYTES), u32(entry.isFolder ? 0o040755 : 0o100644)]),
      ]);
      return packet(u8(104), u32(id), u32(entries.length), ...fields);
    }
    case RMDIR: {
      const isFull = [...folders].some((folder) => folder.startsWith(`${name}/`));
      if (!isFull) folders.delete(name);
      return isFull ? statusPacket(id, 4, 'Directory not empty') : statusPacket(id, 0);
    }
    default:
      return undefined;
  }
}

type Fault = (asked: Asked, server: ScriptedServer) => void;

const FAULTS: Readonly<Record<string, Fault>> = {
  'hangs up': (_, { sockets }) => {
    for (const socket of sockets) socket.destroy();
  },
  'ends the session': ({ channel }) => channel.end(),
  refuses: ({ id, answer }) => answer(statusPacket(id, 4, 'Failure')),
  'says that there is no more': ({ id, answer }) => answer(statusPacket(id, 1, 'End of file')),
  'says that all is well': ({ id, answer }) => answer(statusPacket(id, 0)),
  'answers something else': ({ type, id, answer }) =>
    answer(type === OPEN || type === OPENDIR ? namesPacket(id, ['../x']) : handlePacket(id, 'x')),
  'tells no names': ({ id, answer }) => answer(namesPacket(id, [])),
  'cuts its answer': ({ id, answer }) => answer(packet(u8(105), u32(id))),
  'answers what nobody asked': ({ id, answer }) => answer(statusPacket(id + 1000, 0)),
  'says nothing': () => {},
};

/** After these nothing is answered any more: no operation can be said to be done. */
const ENDINGS: ReadonlySet<string> = new Set([
  'hangs up',
  'ends the session',
  'cuts its answer',
  'answers what nobody asked',
  'says nothing',
]);

type Operation = (client: Client, here: string, signal: AbortSignal) => Promise<unknown>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  list: (client) => client.list('/d'),
  stat: (client) => client.stat('/a'),
  preview: (client) => client.preview('/a', { bytes: SIZE_BYTES }),
  'download to a file': (client, here, signal) => client.download('/a', join(here, 'down'), { signal }),
  'download that resumes': async (client, here, signal) => {
    await writeFile(join(here, 'down.sshome-part'), Buffer.alloc(50_000));
    await client.download('/a', join(here, 'down'), { signal, resume: true, preserve: true });
  },
  'download to a stream': (client, _, signal) =>
    client.download('/a', new Writable({ write: (_chunk, _encoding, done) => done() }), { signal }),
  'download to memory': (client, _, signal) => client.download('/a', { signal }),
  'download of a folder': (client, here, signal) => client.download('/d', join(here, 'd'), { recursive: true, signal }),
  'upload of a file': (client, here, signal) => client.upload(join(here, 'tree/up'), '/up', { preserve: true, signal }),
  'upload that resumes': (client, here, signal) =>
    client.upload(join(here, 'tree/up'), '/up', { resume: true, signal }),
  'upload from memory': (client, _, signal) => client.upload(Buffer.alloc(SIZE_BYTES), '/up', { signal }),
  'upload of a folder': (client, here, signal) =>
    client.upload(join(here, 'tree'), '/new', { recursive: true, signal }),
  'delete of a folder': (client, _, signal) => client.delete('/d', { recursive: true, signal }),
  'delete of a file': (client) => client.delete('/a'),
  move: (client) => client.move('/a', '/b'),
  'make folders': (client) => client.makeDirectory('/x/y', { parents: true }),
  copy: (client) => client.files.copy(parsePath('/a'), parsePath('/b')),
  'open file': async (client) => {
    const file = await client.files.open(parsePath('/a'), { read: true, write: true });
    try {
      await file.write(Buffer.alloc(SIZE_BYTES), 0);
      await file.read(Buffer.alloc(SIZE_BYTES), 0);
      await file.stat();
    } finally {
      await file.close();
    }
  },
};

/** The files below `folder` that this process has open. */
async function openBelow(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const descriptors = await readdir('/proc/self/fd');
  const paths = await Promise.all(descriptors.map((name) => readlink(join('/proc/self/fd', name)).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

for (const [name, operation] of Object.entries(OPERATIONS)) {
  test.serial(`fault matrix: ${name}`, async (t) => {
    let asked = 0;
    let at = 0;
    let fault: Fault | undefined;
    let whenHit = (): void => {};
    let folders = new Set<string>();
    const listed = new Set<string>();
    const server = await scriptedServer(
      t,
      (request) => {
        if (request.type === REALPATH && asked < 0) return false;
        asked += 1;
        if (asked === at && fault !== undefined) {
          fault(request, server);
          whenHit();
          return true;
        }
        const answer = answerOf(folders, listed, request);
        if (answer !== undefined) request.answer(answer);
        return answer !== undefined;
      },
      SIZE_BYTES,
    );
    t.timeout(60_000);

    let client: Client | undefined;
    t.teardown(() => client?.quit());
    /** What the operation ended with when request number `which` met `broken`; undefined when all went well. */
    const run = async (which: number, broken: Fault | undefined, title: string): Promise<unknown> => {
      if (client === undefined) {
        asked = Number.NEGATIVE_INFINITY;
        client = await connect(server.options);
      }
      const own = client;
      const here = await temporaryFolder(t);
      await mkdir(join(here, 'tree'));
      await writeFile(join(here, 'tree/up'), Buffer.alloc(SIZE_BYTES));
      [asked, at, fault] = [0, which, broken];
      folders = new Set(Object.keys(FOLDERS));
      const stop = new AbortController();
      const isEnding = ENDINGS.has(title);
      const isSilent = title === 'says nothing' || title === 'answers what nobody asked';
      // Half of the operations hear the signal; for all of them the connection is ended then.
      whenHit = (): void => {
        if (!isSilent) return;
        setImmediate(() => {
          stop.abort();
          void own.quit();
        });
      };
      let outcome: unknown;
      try {
        await operation(own, here, stop.signal);
      } catch (error) {
        outcome = error;
        t.true(error instanceof FileError || error instanceof ConnectionError, `${which} ${title}: ${String(error)}`);
      }
      t.deepEqual(await openBelow(here), [], `${which} ${title}`);
      for (const path of ['down', 'd/a', 'd/s/b']) {
        const content = await readFile(join(here, path)).catch(() => undefined);
        if (content !== undefined) t.is(content.length, SIZE_BYTES, `${which} ${title}: ${path}`);
      }
      t.true(
        asked >= which,
        `${which} ${title}: only ${asked} requests, ${String(outcome)}, ${String((outcome as Error | undefined)?.cause)}`,
      );
      if (isEnding) t.not(outcome, undefined, `${which} ${title}`);
      // ssh2 gives the connection up over some answers that make no sense.
      if (isEnding || title === 'says that all is well') {
        await own.quit();
        client = undefined;
      }
      return outcome;
    };

    const failure = await run(0, undefined, 'honest');
    t.is(failure instanceof FileError ? failure.code : failure, name === 'copy' ? 'unsupported' : undefined);
    const requests = asked;
    t.true(requests > 0);
    for (const [title, broken] of Object.entries(FAULTS)) {
      for (let which = 1; which <= requests; which += 1) await run(which, broken, title);
    }
  });
}
