// OpenSSH's sftp where 32 bits are not enough: sizes, places in a file, and dates.

import { open, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { needs } from '../helpers/program.ts';
import { destinationOf, OPENSSH, runOpenssh } from './openssh.ts';
import { setStage } from './stage.ts';

test.beforeEach((t) => t.timeout(60_000));

const PAST_4_GIB = 2 ** 32 + 2 ** 20;

/** Makes a file that is nothing but a hole up to past 4 GiB, and then `tail`. */
async function writeSparse(file: string, tail: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.truncate(PAST_4_GIB);
    await handle.write(tail, PAST_4_GIB);
  } finally {
    await handle.close();
  }
}

/** The size, and what stands from four bytes before the end of the hole on. */
async function tailOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(100), 0, 100, PAST_4_GIB - 4);
    return `${size} ${buffer.toString('latin1', 0, bytesRead)}`;
  } finally {
    await handle.close();
  }
}

test('OpenSSH sftp: resumes past 4 GiB both ways, and lists sizes and dates that 32 bits do not hold', async (t) => {
  if (!(await needs(t, OPENSSH))) return;
  const { home, target } = await setStage(t);
  const on = await target();
  await writeSparse(join(home, 'there'), 'the tail');
  await writeSparse(join(on.local, 'there'), 'the ');
  await writeSparse(join(home, 'here'), '');
  await writeSparse(join(on.local, 'here'), 'another tail');
  for (const year of [1969, 2038, 2107]) {
    await writeFile(join(home, `in ${year}`), '');
    const date = new Date(Date.UTC(year, 6));
    await utimes(join(home, `in ${year}`), date, date);
  }
  const commands = ['reget there', 'reput here', 'ls -l', 'df'];
  const words = ['-P', String(on.server.port), '-b', '-', destinationOf(on)];
  const said = (await runOpenssh(t, 'sftp', words, { target: on, input: `${commands.join('\n')}\n` })).toString();
  const size = PAST_4_GIB + 8;
  t.is(await tailOf(join(on.local, 'there')), `${size} \0\0\0\0the tail`);
  t.is(await tailOf(join(home, 'here')), `${PAST_4_GIB + 12} \0\0\0\0another tail`);
  t.regex(said, new RegExp(` ${size} .* there$`, 'm'));
  // sftp writes the lines itself, from seconds of 32 bits.
  for (const [year, shown] of [
    [1969, 1970],
    [2038, 2038],
    [2107, 2106],
  ]) {
    t.regex(said, new RegExp(` ${shown} in ${year}$`, 'm'));
  }
});
