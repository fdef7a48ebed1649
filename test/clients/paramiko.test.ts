// Paramiko, Python's SSH library: what Ansible, Fabric, Airflow and most Python scripts bring.

import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientDriver, Lifetime } from './driver.ts';
import { testClient } from './matrix.ts';
import { type LineProgram, openLineSession, startLineProgram } from './programs/line-program.ts';
import { pythonProgram } from './programs/python.ts';

const { start, programs } = pythonProgram('paramiko_session.py', {
  '/usr/lib/python3/dist-packages/paramiko/__init__.py': 'python3-paramiko',
});

const driver: ClientDriver = {
  name: 'paramiko',
  programs,
  version: async (t) => (await startLineProgram(t, start).ask('version')).join(' '),
  logins: ['password', 'key'],
  open: async (t, target) => (await openLineSession(t, target, start)).session,
  unableNames: { 'not UTF-8': 'paramiko decodes names as strict UTF-8: a folder that holds another can not be listed' },
  renamesOver: true,
  rekeys: true,
};

const { stage, check, bench } = testClient(driver);

/** Paramiko on its own connection, for what only it does. */
async function paramiko(t: Lifetime): Promise<LineProgram['ask']> {
  const { target } = await stage();
  return (await openLineSession(t, await target(), start)).ask;
}

const content = randomBytes(300_000);

check('appends, and tells the place', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await paramiko(t);
  await writeFile(join(disk, 'log'), 'one\n');
  t.deepEqual(await ask('append', `${remote}/log`, 'two\n'), ['8']);
  t.is(await readFile(join(disk, 'log'), 'utf8'), 'one\ntwo\n');
  return undefined;
});

check('readv: ranges in any order come back in that order', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await paramiko(t);
  const text = Buffer.from(content.toString('hex'));
  await writeFile(join(disk, 'file'), text);
  const ranges = [
    [23, 8],
    [100_000, 5],
    [3, 4],
    [65_530, 12],
  ] as const;
  t.deepEqual(
    await ask('readv', `${remote}/file`),
    ranges.map(([at, length]) => text.toString('latin1', at, at + length)),
  );
  return undefined;
});

check('check-file: hashes whole files, ranges and blocks', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await paramiko(t);
  await writeFile(join(disk, 'file'), content);
  const hash = (algorithm: string, from: number, to: number): string =>
    createHash(algorithm).update(content.subarray(from, to)).digest('hex');
  for (const algorithm of ['md5', 'sha1', 'sha256']) {
    t.deepEqual(await ask('check', `${remote}/file`, algorithm, '0', '0', '0'), [hash(algorithm, 0, content.length)]);
  }
  t.deepEqual(await ask('check', `${remote}/file`, 'sha1', '1000', '2500', '1000'), [
    hash('sha1', 1000, 2000) + hash('sha1', 2000, 3000) + hash('sha1', 3000, 3500),
  ]);
  return undefined;
});

check('sets times and length', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await paramiko(t);
  await writeFile(join(disk, 'file'), 'content', { mode: 0o644 });
  t.deepEqual(await ask('stats', `${remote}/file`), ['5', '1000000000', '1234567890', '0o100644']);
  t.is((await stat(join(disk, 'file'))).mtimeMs, 1_234_567_890_000);
  return undefined;
});

check('chdir: works in a folder by relative names', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await paramiko(t);
  await writeFile(join(disk, 'here'), '');
  t.deepEqual(await ask('where', remote), [remote, remote, 'here']);
  return undefined;
});

check('open "x": makes a file once', async (t) => {
  const { remote } = await bench(t);
  const ask = await paramiko(t);
  await ask('exclusive', `${remote}/file`);
  const error = await t.throwsAsync(ask('exclusive', `${remote}/file`));
  t.regex(error?.message ?? '', /exists/);
  return undefined;
});

check('a missing file is a FileNotFoundError', async (t) => {
  const { remote } = await bench(t);
  const ask = await paramiko(t);
  const error = await t.throwsAsync(ask('delete', `${remote}/missing`));
  t.regex(error?.message ?? '', /FileNotFoundError/);
  return undefined;
});

check('exec_command has output, errors and status apart', async (t) => {
  const ask = await paramiko(t);
  t.deepEqual(await ask('run', 'whoami'), ['0', 'alice\n', '']);
  const [status, output, errors] = await ask('run', 'preview missing');
  t.deepEqual([status, output], ['1', '']);
  t.regex(errors ?? '', /No such file/);
  return undefined;
});
