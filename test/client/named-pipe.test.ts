// Named pipes and devices as the local side of a transfer.

import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { FileError } from '../../src/model/error.ts';
import { clientProgram, reaching } from '../cli/client-program.ts';
import { until } from '../helpers/until.ts';
import { openDesk } from './desk.ts';

const LARGE = Buffer.alloc(1_000_000, 'content ');

if (process.platform !== 'win32') {
  /*
   * What was wrong: a download into a pipe that nobody read waited in open(2), and one into a pipe whose reader took nothing
   * in write(2), each with a thread of the process, which then did not end before somebody came: ^C did nothing.
   * How it was reached: `sshome download host:a pipe`, before or without the program at its other end.
   * What this verifies: both hear the signal, and the end of the connection.
   */
  for (const reader of ['without a reader', 'whose reader takes nothing'] as const) {
    for (const end of ['cancelled', 'closed'] as const) {
      test(`named pipe: a download into one ${reader} is ${end}`, async (t) => {
        const { client, home, here, stop } = await openDesk(t);
        await writeFile(join(home, 'a'), LARGE);
        const pipe = await pipeIn(here);
        const reading =
          reader === 'without a reader' ? undefined : await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
        const stopped = new AbortController();
        const downloading = client.download('a', pipe, { signal: stopped.signal });
        const failing = t.throwsAsync(downloading, { instanceOf: FileError, code: end });
        // Without one nothing tells when it waits: by then it does.
        if (reading === undefined) for (let times = 0; times < 3; times += 1) await client.list();
        else await hasContent(reading);
        if (end === 'cancelled') stopped.abort();
        else await stop();
        await failing;
        await reading?.close();
      });
    }
  }

  test('named pipe: what is downloaded into one arrives whole, also when its reader comes late', async (t) => {
    const { client, home, here } = await openDesk(t);
    await writeFile(join(home, 'a'), LARGE);
    const pipe = await pipeIn(here);
    const downloading = client.download('a', pipe, { preserve: true });
    await client.list();
    const reading = await open(pipe, 'r');
    t.true(LARGE.equals(await reading.readFile()));
    await reading.close();
    t.deepEqual(await downloading, { files: 1, bytes: LARGE.length, failures: 0 });
  });

  test('named pipe: a reader that goes away ends the download in words', async (t) => {
    const { client, home, here } = await openDesk(t);
    await writeFile(join(home, 'a'), LARGE);
    const pipe = await pipeIn(here);
    const failing = t.throwsAsync(client.download('a', pipe), { message: /whoever read it is gone/ });
    const reading = await open(pipe, 'r');
    await reading.read(Buffer.alloc(10));
    await reading.close();
    await failing;
  });

  test('named pipe: none is uploaded, and no socket is downloaded into', async (t) => {
    const { client, home, here } = await openDesk(t);
    await writeFile(join(home, 'a'), 'content');
    await t.throwsAsync(client.upload(await pipeIn(here), 'b'), { message: /not a regular file/ });
    const server = createServer().listen(join(here, 'socket'));
    t.teardown(() => server.close());
    await until(() => server.listening);
    await t.throwsAsync(client.download('a', join(here, 'socket')), { message: /this is a socket/ });
  });

  test('named pipe: ^C ends the program that fills one', async (t) => {
    const program = await clientProgram(t);
    const pipe = await pipeIn(program.here);
    await writeFile(join(program.home, 'a'), LARGE);
    const reading = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const interrupted = await program.run(['download', ...reaching(program), `${program.alice}:a`, pipe], {
      interruption: hasContent(reading),
    });
    await reading.close();
    t.deepEqual([interrupted.stderr, interrupted.status], ['sshome: interrupted\n', 130]);
  });
}

async function pipeIn(folder: string): Promise<string> {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

/** Resolves when the first byte of it has been taken. */
function hasContent(reading: FileHandle): Promise<void> {
  return until(async () => {
    // EAGAIN: there is a writer, and nothing yet.
    const { bytesRead } = await reading.read(Buffer.alloc(1)).catch(() => ({ bytesRead: 0 }));
    return bytesRead > 0;
  });
}
