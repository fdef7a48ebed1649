// A server that fails at its worst moment, or just says nothing.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import SftpClient from 'ssh2-sftp-client';
import { EXIT } from '../../src/cli/exit-code.ts';
import { exitCodeOf } from '../../src/cli/failure.ts';
import { connect } from '../../src/client/connect.ts';
import { ConnectionError } from '../../src/client/connection-error.ts';
import { readEntries } from '../../src/client/read-entries.ts';
import { FileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath, ROOT } from '../../src/model/path.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { until } from '../helpers/until.ts';
import { packet, u8, u32 } from '../sftp/bytes-of.ts';
import {
  CLOSE,
  dataPacket,
  FSTAT,
  namesPacket,
  READ,
  READDIR,
  REALPATH,
  STAT,
  scriptedClient,
  scriptedServer,
  statusPacket,
} from './scripted-server.ts';

/*
 * What was wrong: a connection whose first request was refused stayed open, and kept the program alive, although connect()
 * had failed; and one whose first request was never answered had no time limit.
 * How it was reached: a server that lets people in, starts SFTP, and then refuses or forgets REALPATH of ".".
 * What this verifies: both end as a ConnectionError, and the connection is gone.
 */
for (const [title, answers, code] of [
  ['refuses to tell', true, 'protocol'],
  ['never tells', false, 'timeout'],
] as const) {
  test(`failing server: one that ${title} where paths begin is no connection`, async (t) => {
    const server = await scriptedServer(t, ({ type, id, answer }) => {
      if (answers) answer(statusPacket(id, 4, 'no'));
      return type === REALPATH;
    });
    const timeoutMs = answers ? 20_000 : 1000;
    const error = await t.throwsAsync(connect({ ...server.options, timeoutMs }), { instanceOf: ConnectionError });
    t.is(error instanceof ConnectionError && error.code, code);
    await until(() => server.sockets.every(({ closed }) => closed));
  });
}

/*
 * What was wrong: a server that ended its side of the SFTP channel, and no more than that, was taken to be there; every
 * request from then on waited for ever, for nothing reads an ended channel.
 * How it was reached: a server whose SFTP process has died, behind one that keeps the channel and answers keep-alives.
 * What this verifies: the connection counts as lost, and so do requests.
 */
test('failing server: one that ends its side of the session has ended it', async (t) => {
  const server = await scriptedServer(t, ({ type, channel }) => {
    if (type !== STAT) return false;
    (channel as unknown as { eof(): void }).eof();
    return true;
  });
  const client = await scriptedClient(t, server);
  await t.throwsAsync(client.stat('/a'), { instanceOf: FileError, message: /closed/ });
  const lost = await client.closed;
  t.is(lost?.code, 'lost');
  await t.throwsAsync(client.list('/'), { instanceOf: FileError, message: /closed/ });
});

/*
 * What was wrong: quit() failed when the goodbye could not be sent, with an error that is none of the client's, and left the
 * socket open; the command line then ended with status 1 although all was done. A second quit() waited for ever.
 * How it was reached: a server that hangs up in the moment in which the client does (EPIPE).
 * What this verifies: quit() succeeds, twice, and the connection is gone.
 */
test.serial('failing server: one that hangs up during the goodbye is no failure', async (t) => {
  const server = await scriptedServer(t, () => false);
  const client = await connect(server.options);
  const { end } = SftpClient.prototype;
  t.teardown(() => Object.assign(SftpClient.prototype, { end }));
  Object.assign(SftpClient.prototype, { end: () => Promise.reject(new Error('end: write EPIPE')) });
  await client.quit();
  await client.quit();
  t.is(await client.closed, undefined);
  await until(() => server.sockets.every(({ closed }) => closed));
});

/*
 * What was wrong: what was under way when the connection ended was told so without the reason, for ssh2 says so first; so
 * `sshome list` that was interrupted ended with status 255 and "The connection or the file is closed", and one that had lost
 * its server did not say how.
 * How it was reached: ^C, or the end of the server, while a request is under way that hears no signal of its own.
 * What this verifies: the failure carries the reason that `closed` tells, and the command line makes 130 of an interruption.
 */
test('failing server: what was under way is told why the connection ended', async (t) => {
  const server = await scriptedServer(t, ({ type }) => type === STAT);
  const stop = new AbortController();
  const client = await connect({ ...server.options, signal: stop.signal });
  const asking = client.stat('/a');
  stop.abort();
  const error = await t.throwsAsync(asking, { instanceOf: FileError });
  t.is(error?.cause, await client.closed);
  t.is(exitCodeOf(error), EXIT.interrupted);
});

/*
 * What was wrong: a file to which the server gives no size came down empty, and all was said to be well.
 * How it was reached: `sshome download host:/proc/version .` from OpenSSH; stock sftp reads on to the end.
 * What this verifies: it is refused with the reason, and no empty file takes the name.
 */
test('failing server: content that has no size is told, not lost', async (t) => {
  const server = await scriptedServer(t, ({ type, id, answer }) => {
    if (type !== READ) return false;
    answer(dataPacket(id, Buffer.from('x')));
    return true;
  });
  const client = await scriptedClient(t, server);
  const here = await temporaryFolder(t);
  const refused = { instanceOf: FileError, message: /gives it no size/ };
  await t.throwsAsync(client.download('/proc/version', join(here, 'version')), refused);
  await t.throwsAsync(client.download('/proc/version'), refused);
  t.deepEqual(await readdir(here), []);
});

/*
 * What was wrong: a list of a folder whose server sends empty answers for ever never ended, and one with names of a quarter
 * of a megabyte took memory until there was none: only the number of entries had a limit.
 * How it was reached: a hostile server.
 * What this verifies: an answer without names is the end, as OpenSSH's client takes it; and names have a limit in all.
 */
test('failing server: a folder without end ends', async (t) => {
  const server = await scriptedServer(t, ({ type, id, answer }) => {
    if (type !== READDIR) return false;
    answer(namesPacket(id, []));
    return true;
  });
  const client = await scriptedClient(t, server);
  t.deepEqual(await client.list('/'), []);

  const name = 'x'.repeat(200_000);
  let closed = false;
  const files = {
    list: async () => ({
      read: async () => [{ name }],
      close: async () => {
        closed = true;
      },
    }),
  } as unknown as Files;
  await t.throwsAsync(readEntries(files, ROOT), { instanceOf: FileError, message: /too many/ });
  t.true(closed);
});

/*
 * What was wrong: where CLOSE failed too, its failure was told instead of the one that came first.
 * How it was reached: a folder that can't be read, a file that can't be copied, from a server that then refuses CLOSE as well.
 * What this verifies: the first failure counts.
 */
test('failing server: a CLOSE that fails as well hides nothing', async (t) => {
  const server = await scriptedServer(t, ({ type, id, answer }) => {
    if (type === CLOSE) answer(statusPacket(id, 4, 'Input/output error'));
    else if (type === READ || type === READDIR || type === FSTAT) answer(statusPacket(id, 3, 'Permission denied'));
    else return false;
    return true;
  });
  const client = await scriptedClient(t, server);
  const denied = { instanceOf: FileError, message: /Permission denied/ };
  await t.throwsAsync(client.list('/'), denied);
  await t.throwsAsync(client.preview('/a'), denied);
  await t.throwsAsync(client.files.copy(parsePath('/a'), parsePath('/b')), denied);
});

/*
 * What was wrong: a preview of a folder was an "Input/output error".
 * How it was reached: `sshome preview` of a folder on OpenSSH's server, which opens it like a file and then refuses READ.
 * What this verifies: it is told to be a folder, as a download of it is.
 */
test('failing server: a preview of a folder is told so', async (t) => {
  const server = await scriptedServer(t, ({ type, id, answer }) => {
    if (type === READ) answer(statusPacket(id, 4, 'Failure'));
    else if (type === FSTAT) answer(packet(u8(105), u32(id), u32(4), u32(0o040755)));
    else return false;
    return true;
  });
  const client = await scriptedClient(t, server);
  await t.throwsAsync(client.preview('/d'), { instanceOf: FileError, message: /Is a directory/ });
});

/*
 * What was wrong: with another version of ssh2 than the one that this was written for, connect() failed at once, but its socket
 * and its clock stayed, and the login that went on behind it failed unheard, which ends a program of Node.
 * How it was reached: `npm install ssh2@latest` beside the client.
 * What this verifies: the reason is told as it is, and the connection is gone.
 */
test.serial('failing server: an installation that is wrong leaves no connection', async (t) => {
  const server = await scriptedServer(t, () => false);
  const { connect: connectSftp } = SftpClient.prototype;
  t.teardown(() => Object.assign(SftpClient.prototype, { connect: connectSftp }));
  Object.assign(SftpClient.prototype, {
    connect(this: SftpClient, options: SftpClient.ConnectOptions) {
      const connecting = connectSftp.call(this, options);
      const { client } = this as unknown as { client: { _protocol: object } };
      Object.assign(client._protocol, { rekey: undefined });
      return connecting;
    },
  });
  const clocks = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = clocks();
  await t.throwsAsync(connect(server.options), { message: /has no _protocol\.rekey/ });
  t.true(clocks() <= before);
  await until(() => server.sockets.every(({ closed }) => closed));
});
