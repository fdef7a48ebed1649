// Transfers whose other side stands still, is lost, or never ends: nothing waits for ever, and nothing is left behind.

import { appendFileSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import test from 'ava';
import { FileError, type FileErrorCode } from '../../src/model/error.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { until } from '../helpers/until.ts';
import { openDesk } from './desk.ts';
import {
  type Asked,
  CLOSE,
  handlePacket,
  OPEN,
  scriptedClient,
  scriptedServer,
  statusPacket,
} from './scripted-server.ts';

const failsWith = (code: FileErrorCode) => ({
  instanceOf: FileError,
  message: { cancelled: /Interrupted/, closed: /closed/, busy: /changed/ }[code as 'cancelled' | 'closed' | 'busy'],
});

/*
 * What was wrong: an upload of a stream that gave nothing heard neither its signal nor the end of the connection. The first
 * ^C of `sshome upload -` did nothing, and one whose server was gone hung until its input said something.
 * How it was reached: a pipe or a terminal that is silent.
 * What this verifies: both end the upload at once, and the stream is let go of.
 */
for (const [how, code] of [
  ['its signal', 'cancelled'],
  ['the end of the connection', 'closed'],
] as const) {
  test(`interrupted: an upload of a silent stream hears ${how}`, async (t) => {
    const { client, stop } = await openDesk(t);
    const stopped = new AbortController();
    const source = new PassThrough();
    source.write('begin');
    let sent = 0;
    const onProgress = ({ bytes }: { bytes: number }): void => {
      sent = bytes;
    };
    const uploading = client.upload(source, 'a', { signal: stopped.signal, onProgress });
    const failing = t.throwsAsync(uploading, failsWith(code));
    await until(() => sent > 0);
    if (code === 'cancelled') stopped.abort();
    else await stop();
    await failing;
    t.true(source.destroyed);
  });
}

/*
 * What was wrong: an upload read its file until there was no more of it, so one that grew as fast as it was read was sent
 * until a disk was full.
 * How it was reached: `sshome upload` of a log that is written to.
 * What this verifies: no more is sent than there was at the beginning, and it is told that the file has changed.
 */
test('interrupted: an upload of a file that grows for ever ends', async (t) => {
  const { client, home, here } = await openDesk(t);
  const source = join(here, 'log');
  await writeFile(source, Buffer.alloc(600_000));
  let left = 40;
  const onProgress = (): void => {
    if (left > 0) appendFileSync(source, Buffer.alloc(300_000));
    left -= 1;
  };
  await t.throwsAsync(client.upload(source, 'log', { onProgress }), failsWith('busy'));
  t.is((await stat(join(home, 'log'))).size, 600_000);
});

/*
 * What was wrong: a handle whose CLOSE had failed, or was not waited for, was closed once more. Servers such as OpenSSH give
 * the same handle out again at once, so the second CLOSE could end another transfer of the same session.
 * How it was reached: the disk of the server was full at CLOSE, with several files under way.
 * What this verifies: one CLOSE for each OPEN, up and down.
 */
test('interrupted: a handle is closed once, also when that fails', async (t) => {
  const closed: number[] = [];
  const server = await scriptedServer(t, ({ type, id, answer }) => {
    if (type !== CLOSE) return false;
    closed.push(id);
    answer(statusPacket(id, 4, 'No space left on device'));
    return true;
  });
  const client = await scriptedClient(t, server);
  const here = await temporaryFolder(t);
  await t.throwsAsync(client.upload(Buffer.alloc(0), '/a'), { instanceOf: FileError, message: /No space/ });
  await t.throwsAsync(client.download('/a', join(here, 'a')), { instanceOf: FileError, message: /No space/ });
  t.is(closed.length, 2);
});

/*
 * What was wrong: a file that the server opened after the transfer was given up stayed open until the session's end.
 * How it was reached: signals that fire while OPEN is under way, again and again, until there are no handles left.
 * What this verifies: it is closed when it comes.
 */
test('interrupted: what is opened too late is closed again', async (t) => {
  let late: Asked | undefined;
  let closes = 0;
  const server = await scriptedServer(t, (asked) => {
    if (asked.type === CLOSE) closes += 1;
    if (asked.type !== OPEN) return false;
    late = asked;
    return true;
  });
  const client = await scriptedClient(t, server);
  for (const move of ['upload', 'download'] as const) {
    late = undefined;
    closes = 0;
    const { signal, ...stop } = stopping();
    const moving =
      move === 'upload' ? client.upload(Buffer.from('a'), '/a', { signal }) : client.download('/a', { signal });
    await until(() => late !== undefined);
    stop.now();
    await t.throwsAsync<Error>(moving, failsWith('cancelled'));
    const { answer, id } = late as unknown as Asked;
    answer(handlePacket(id, 'late'));
    await until(() => closes === 1);
  }
});

function stopping(): { signal: AbortSignal; now: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, now: () => controller.abort() };
}

/*
 * What was wrong: each download into a stream left its listeners there, and Node warned of a leak from the eleventh on.
 * How it was reached: `sshome download 'host:*.txt' -` with a dozen files.
 * What this verifies: the stream has as many listeners as before, after success and after failure.
 */
test('interrupted: a stream is given back without listeners', async (t) => {
  const { client, home } = await openDesk(t);
  await writeFile(join(home, 'a'), Buffer.alloc(100_000));
  const into = new Writable({ write: (_chunk, _encoding, done) => done() });
  const before = into.eventNames();
  const stop = stopping();
  const onProgress = ({ bytes }: { bytes: number }): void => {
    if (bytes > 0) stop.now();
  };
  await t.throwsAsync(client.download('a', into, { signal: stop.signal, onProgress }), failsWith('cancelled'));
  t.deepEqual(into.eventNames(), before);
});

/*
 * What was wrong: a download into a stream that took nothing more waited for the stream alone, however long the connection
 * had been gone; and its listener stayed there.
 * How it was reached: `sshome download host:a - | less`, and a server that goes away while the page is read.
 * What this verifies: the end of the connection and the signal end it, and the stream has no listener of it.
 */
for (const [how, code] of [
  ['its signal', 'cancelled'],
  ['the end of the connection', 'closed'],
] as const) {
  test(`interrupted: a download into a stream that takes nothing hears ${how}`, async (t) => {
    const server = await scriptedServer(t, () => false, 10_000_000);
    const client = await scriptedClient(t, server);
    const into = new Writable({ write() {} });
    const before = into.eventNames();
    const stop = stopping();
    const failing = t.throwsAsync<Error>(client.download('/a', into, { signal: stop.signal }), failsWith(code));
    await until(() => into.writableLength > 0 && into.listenerCount('drain') > 0);
    if (code === 'cancelled') stop.now();
    else for (const socket of server.sockets) socket.destroy();
    await failing;
    t.deepEqual(into.eventNames(), before);
  });
}

test('interrupted: a stream that never ends is not waited for when the signal has fired', async (t) => {
  const { client, home } = await openDesk(t);
  await writeFile(join(home, 'a'), 'content');
  let ending = false;
  const into = new Writable({
    final() {
      ending = true;
    },
    write: (_chunk, _encoding, done) => done(),
  });
  const stop = stopping();
  const failing = t.throwsAsync<Error>(client.download('a', into, { signal: stop.signal }), failsWith('cancelled'));
  await until(() => ending);
  stop.now();
  await failing;
});
