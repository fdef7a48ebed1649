// A drop box, as its users meet it with OpenSSH's programs: whole folders go in, without a complaint, though nothing of them
// may be looked at or changed.

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { needs, runProgram } from '../helpers/program.ts';
import { destinationOf, OPENSSH, opensshFlags } from './openssh.ts';
import { setStage } from './stage.ts';

const LEAVES = ['first', 'inner/leaf', 'last', 'second inner/leaf'] as const;

// What was wrong: clients set the mode of a folder when they have filled it, and a drop box (or an editor) may not. sftp and scp
// said "remote setstat: Permission denied" of folders that had that mode already. And the refusal was told to scp -O behind
// the answer to the end of the folder: scp took it for the answer to the file that came next, and left that out.
// How reached: put -r, scp -r -p and scp -O -r -p by whoever may not chmod.
// This verifies: everything arrives, nobody complains.
test('a drop box: OpenSSH sends whole folders, by sftp, scp and scp -O', async (t) => {
  if (!(await needs(t, OPENSSH))) return;
  t.timeout(90_000);
  const stage = await setStage(t, {}, 'users: { alice: { roles: [dropbox] } }\n');
  const target = await stage.target('key');
  const { local } = target;
  for (const leaf of LEAVES) {
    await mkdir(join(local, 'tree', leaf, '..'), { recursive: true });
    await writeFile(join(local, 'tree', leaf), leaf);
  }
  for (const folder of ['', 'inner', 'second inner']) await chmod(join(local, 'tree', folder), 0o755);
  const { port } = stage.server;
  const run = async (program: 'sftp' | 'scp', words: readonly string[], input = ''): Promise<void> => {
    const all = [...opensshFlags(target), '-P', String(port), ...words];
    const { status, stderr } = await runProgram(t, program, all, { folder: local, input });
    t.deepEqual([status, stderr], [0, ''], words.join(' '));
  };
  await run('sftp', ['-b', '-', destinationOf(target)], 'put -R tree by-sftp\n');
  await run('scp', ['-rp', 'tree', `${destinationOf(target)}:by-scp`]);
  await run('scp', ['-O', '-rp', 'tree', `${destinationOf(target)}:by-old-scp`]);
  for (const folder of ['by-sftp', 'by-scp', 'by-old-scp']) {
    for (const leaf of LEAVES) t.is(await readFile(join(stage.home, folder, leaf), 'utf8'), leaf, folder);
  }
});
