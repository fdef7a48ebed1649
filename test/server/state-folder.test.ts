import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { askServer } from '../../src/control/ask.ts';
import { controlHandlers } from '../../src/control/handlers.ts';
import { controlSocketIn } from '../../src/control/request.ts';
import type { LiveServer } from '../../src/model/administration.ts';
import { StartError } from '../../src/server/start-error.ts';
import { takeStateFolder } from '../../src/server/state-folder.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { createTestLog } from '../helpers/test-log.ts';

const log = createTestLog();

/**
 * What was wrong: of two servers that started in the same moment each saw no other, and the second took the socket of the first
 * away: both ran, and each wrote over what the other remembered.
 * How reached: `Promise.all` of two `startServer` with one state folder (two of five times), or two units of one machine that
 * start together.
 * What this verifies: one of many has the folder, whether it is new, was left in good order, or by a server that was killed.
 */
test('state folder: of several that start at the same moment, one has it', async (t) => {
  const folder = join(await temporaryFolder(t), 'state');
  const race = async (): Promise<void> => {
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => takeStateFolder({ folder, log })));
    const taken = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const socket of taken) t.teardown(() => socket.close());
    t.is(taken.length, 1);
    for (const one of all) {
      if (one.status === 'rejected') t.true(one.reason instanceof StartError, String(one.reason));
    }
    await taken[0]?.close();
  };
  await race();
  await race();
  const listen = `require('node:net').createServer().listen(${JSON.stringify(controlSocketIn(folder))}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', listen]);
  t.true((await stat(controlSocketIn(folder))).isSocket());
  await race();
});

test('state folder: whoever asks is told when the server is not there yet, and when no more', async (t) => {
  const folder = await temporaryFolder(t);
  const socket = await takeStateFolder({ folder, log });
  t.teardown(() => socket.close());
  const ask = () => askServer(folder, { verb: 'log file' });
  await t.throwsAsync(ask(), { message: /only just starting/ });
  const live = {} as LiveServer;
  await socket.answer(controlHandlers({ live, logFile: '/a/log', audit: () => undefined }));
  t.is((await stat(controlSocketIn(folder))).mode & 0o777, 0o600);
  t.is(await ask(), '/a/log');
  socket.endAnswers();
  await t.throwsAsync(ask(), { message: /is stopping/ });
  await t.throwsAsync(takeStateFolder({ folder, log }), { instanceOf: StartError });
  await socket.close();
  await (await takeStateFolder({ folder, log })).close();
});
