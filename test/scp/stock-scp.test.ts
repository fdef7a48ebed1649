// The machine's own `scp -O` against runScp, a program of ours in ssh's place.

import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';

interface Bench {
  readonly home: string;
  readonly local: string;
  /** Runs `scp -O` with these words; `host:` leads to the home. */
  scp(...words: string[]): Promise<{ status: number; stderr: string }>;
}

async function setUp(t: ExecutionContext): Promise<Bench> {
  t.timeout(60_000);
  const folder = await temporaryFolder(t);
  const [home, local, program] = [join(folder, 'home'), join(folder, 'local'), join(folder, 'ssh')];
  await mkdir(home, { mode: 0o700 });
  await mkdir(local);
  const served = fileURLToPath(new URL('scp-program.js', import.meta.url));
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${served}' "$@"\n`);
  await chmod(program, 0o755);
  return {
    home,
    local,
    scp: (...words) =>
      new Promise((resolve) => {
        const options = { cwd: local, env: { ...process.env, SSHOME_TEST_HOME: home } };
        execFile('scp', ['-O', '-S', program, ...words], options, (error, _stdout, stderr) => {
          resolve({ status: error === null ? 0 : Number(error.code), stderr });
        });
      }),
  };
}

// A machine without scp, as a bare container, has nothing to compare with.
if (spawnSync('scp').error === undefined) {
  test('scp -O: a tree goes up and comes back with contents, modes and times', async (t) => {
    const { home, local, scp } = await setUp(t);
    const contents: Record<string, Buffer> = {};
    await mkdir(join(local, 'tree/sub/deep'), { recursive: true });
    for (const [name, sizeBytes] of Object.entries({
      zero: 0,
      one: 1,
      'sub/below': 32_767,
      'sub/at': 32_768,
      'sub/above': 32_769,
      'sub/deep/large': 5_000_000,
      'with space "quoted"': 10,
    })) {
      contents[name] = randomBytes(sizeBytes);
      await writeFile(join(local, 'tree', name), contents[name]);
    }
    await chmod(join(local, 'tree/one'), 0o600);
    await utimes(join(local, 'tree/one'), 1000, 2000);
    await utimes(join(local, 'tree/sub'), 1000, 2000);

    t.deepEqual(await scp('-r', '-p', 'tree', 'host:'), { status: 0, stderr: '' });
    t.deepEqual(await scp('-r', '-p', 'host:tree', 'back'), { status: 0, stderr: '' });
    for (const root of [join(home, 'tree'), join(local, 'back')]) {
      for (const [name, content] of Object.entries(contents))
        t.true(content.equals(await readFile(join(root, name))), name);
      const one = await stat(join(root, 'one'));
      t.deepEqual([one.mode & 0o777, one.mtimeMs], [0o600, 2_000_000]);
      t.is((await stat(join(root, 'sub'))).mtimeMs, 2_000_000);
    }
  });

  test('scp -O: several files, patterns, new names', async (t) => {
    const { home, local, scp } = await setUp(t);
    await writeFile(join(local, 'a.txt'), 'a');
    await writeFile(join(local, 'b.txt'), 'b');
    await mkdir(join(home, 'sub'));
    t.is((await scp('a.txt', 'b.txt', 'host:sub')).status, 0);
    t.is((await scp('a.txt', 'host:sub/new')).status, 0);
    t.deepEqual((await readdir(join(home, 'sub'))).sort(), ['a.txt', 'b.txt', 'new']);
    await mkdir(join(local, 'got'));
    t.is((await scp('host:sub/*.txt', 'host:~/sub/new', 'got')).status, 0);
    t.deepEqual((await readdir(join(local, 'got'))).sort(), ['a.txt', 'b.txt', 'new']);
  });

  test('scp -O: what fails ends with status 1 and a sentence', async (t) => {
    const { home, local, scp } = await setUp(t);
    await writeFile(join(local, 'a.txt'), 'a');
    await mkdir(join(home, 'sub'));
    for (const [words, sentence] of [
      [['host:nope', '.'], 'nope: No such file or directory'],
      [['host:sub', '.'], 'not a regular file'],
      [['a.txt', 'a.txt', 'host:nope'], 'nope: No such file or directory'],
      [['a.txt', 'host:nope/x'], 'No such file or directory'],
      [['-r', 'host:../../etc', '.'], 'No such file or directory'],
    ] as const) {
      const { status, stderr } = await scp(...words);
      t.is(status, 1, words.join(' '));
      t.true(stderr.includes(sentence), stderr);
    }
  });
}
