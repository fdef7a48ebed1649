// A server that may have few files open: whoever wants one more is told so, and nobody else suffers.

import test from 'ava';
import { isFileError } from '../../src/model/error.ts';
import type { OpenFile } from '../../src/model/files.ts';
import { parsePath } from '../../src/model/path.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { put, startUnderTest, worksFor } from './server-under-test.ts';

test('too many open files: a clear answer, nothing half done, and all works again when some are closed', async (t) => {
  if (!(await needs(t, { prlimit: 'util-linux' }))) return;
  t.timeout(60_000);
  const server = await startUnderTest(t, { settings: { upload: 'atomic' } });
  // Only now: Node opens all modules at once.
  const limited = await runProgram(t, 'prlimit', [`--pid=${server.child.pid}`, '--nofile=64']);
  t.is(limited.status, 0, limited.stderr);
  const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
  await worksFor(t, alice);
  await worksFor(t, bob);

  const open: OpenFile[] = [];
  let refused: unknown;
  for (let index = 0; index < 100 && refused === undefined; index += 1) {
    try {
      open.push(await alice.files.open(parsePath(`/${index}`), { write: true, create: true }));
    } catch (error) {
      refused = error;
    }
  }
  t.true(isFileError(refused, 'too-many-open'), String(refused));
  t.true(open.length > 5);
  // What needs no new descriptor goes on.
  await open[0]?.write(Buffer.from('content'), 0);
  const error = await t.throwsAsync(put(bob.files, 'b', Buffer.from('content')));
  t.true(isFileError(error, 'too-many-open'), String(error));

  for (const file of open.slice(0, 8)) await file.close();
  await worksFor(t, bob);
  for (const file of open.slice(8)) await file.close();
  await worksFor(t, alice);
  await worksFor(t, await server.connect('mallory'));
  t.is(server.child.exitCode, null);
});
