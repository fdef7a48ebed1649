// AsyncSSH, Python's asynchronous SSH library, with its SFTP and its scp.

import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientDriver, Lifetime } from './driver.ts';
import { testClient } from './matrix.ts';
import { type LineProgram, openLineSession, startLineProgram } from './programs/line-program.ts';
import { pythonProgram } from './programs/python.ts';

const { start, programs } = pythonProgram('asyncssh_session.py', {
  '/usr/lib/python3/dist-packages/asyncssh/__init__.py': 'python3-asyncssh',
});

const driver: ClientDriver = {
  name: 'AsyncSSH',
  programs,
  version: async (t) => (await startLineProgram(t, start).ask('version')).join(' '),
  logins: ['password', 'key'],
  open: async (t, target) => {
    const { session, ask } = await openLineSession(t, target, start);
    const does = async (...words: string[]): Promise<void> => {
      await ask(...words);
    };
    return {
      ...session,
      uploadTree: (local, remote) => does('upload-tree', local, remote),
      downloadTree: (remote, local) => does('download-tree', remote, local),
    };
  },
  keepsTimes: { upload: true, download: true },
  keepsModes: { upload: true, download: true },
  renamesOver: true,
  rekeys: true,
};

const { stage, check, bench } = testClient(driver);

async function asyncssh(t: Lifetime): Promise<LineProgram['ask']> {
  const { target } = await stage();
  return (await openLineSession(t, await target(), start)).ask;
}

check('copies within the server, through itself', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await asyncssh(t);
  await writeFile(join(disk, 'one'), 'content');
  await ask('copy', `${remote}/one`, `${remote}/two`);
  t.is(await readFile(join(disk, 'two'), 'utf8'), 'content');
  return undefined;
});

check('expands globs by listing', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await asyncssh(t);
  for (const name of ['a.txt', 'b.txt', 'c.bin']) await writeFile(join(disk, name), '');
  t.deepEqual(await ask('glob', `${remote}/*.txt`), [`${remote}/a.txt`, `${remote}/b.txt`]);
  return undefined;
});

check('makes hard and symbolic links, in the order of the draft', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await asyncssh(t);
  await writeFile(join(disk, 'file'), 'content');
  const [says, leads] = await ask('links', remote);
  t.deepEqual([says, leads], ['file', `${remote}/file`]);
  t.is((await stat(join(disk, 'file'))).nlink, 2);
  t.deepEqual((await readdir(disk)).sort(), ['file', 'hard', 'soft']);
  return undefined;
});

check('truncates, and asks for room', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await asyncssh(t);
  await writeFile(join(disk, 'file'), 'content');
  await ask('truncate', `${remote}/file`, '0');
  t.is((await stat(join(disk, 'file'))).size, 0);
  const [blockBytes, blocks, longestName] = await ask('statvfs', remote);
  t.true(Number(blockBytes) > 0 && Number(blocks) > 0);
  t.is(longestName, '255');
  return undefined;
});

check('a plain rename does not replace', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await asyncssh(t);
  await writeFile(join(disk, 'one'), '1');
  await writeFile(join(disk, 'two'), '2');
  await t.throwsAsync(ask('plain-rename', `${remote}/one`, `${remote}/two`));
  t.is(await readFile(join(disk, 'two'), 'utf8'), '2');
  return undefined;
});

check('scp of its own goes both ways, with times', async (t) => {
  const { local, remote, disk } = await bench(t);
  const ask = await asyncssh(t);
  const content = randomBytes(200_001);
  await writeFile(join(local, 'sent'), content);
  await utimes(join(local, 'sent'), 1_000_000, 1_234_567_890);
  await ask('scp', join(local, 'sent'), `${remote}/there`, join(local, 'got'));
  t.deepEqual(await readFile(join(disk, 'there')), content);
  t.deepEqual(await readFile(join(local, 'got')), content);
  t.is((await stat(join(local, 'got'))).mtimeMs, 1_234_567_890_000);
  return undefined;
});

check('eight SFTP sessions at once over one connection', async (t) => {
  const { remote } = await bench(t);
  const ask = await asyncssh(t);
  t.deepEqual(await ask('at-once', `${remote}/file`, '8'), ['True']);
  return undefined;
});

check('run has output and status', async (t) => {
  const ask = await asyncssh(t);
  t.deepEqual(await ask('run', 'pwd'), ['0', '/\n', '']);
  return undefined;
});
