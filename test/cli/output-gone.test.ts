// What becomes of a command whose output nobody takes any more.

import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { clientProgram, reaching } from './client-program.ts';

/*
 * What was wrong: a client whose standard output could not be written ended at once with a stack trace, also in the middle of
 * a transfer.
 * How it was reached: a full disk, or `sshome download --json ... | head -1`.
 * What this verifies: a full disk is told in a sentence; and the transfer is done to its end.
 */
test('output: standard output that is full fails the command in words, after its work', async (t) => {
  if (process.platform !== 'linux') {
    t.pass();
    return;
  }
  const program = await clientProgram(t);
  const { run, here, home, alice } = program;
  await writeFile(join(home, 'a'), 'content a');
  await writeFile(join(home, 'b'), 'content b');
  const output = openSync('/dev/full', 'w');
  const listed = await run(['list', ...reaching(program), `${alice}:`], { output });
  t.is(listed.stderr, 'sshome: standard output: ENOSPC: no space left on device, write\n');
  t.is(listed.status, 1);
  const moved = await run(['download', '--json', ...reaching(program), `${alice}:a`, `${alice}:b`, '.'], { output });
  t.is(moved.stderr, listed.stderr);
  t.is(moved.status, 1);
  t.is(await readFile(join(here, 'b'), 'utf8'), 'content b');
});
