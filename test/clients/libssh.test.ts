// libssh (not libssh2), in C: what KDE's file managers, QEMU and Ansible's network modules connect with.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository } from '../helpers/folder.ts';
import { runProgram } from '../helpers/program.ts';
import { once } from './client-tests.ts';
import type { ClientDriver, Lifetime } from './driver.ts';
import { testClient } from './matrix.ts';
import {
  type LineProgram,
  type LineProgramStart,
  openLineSession,
  programSource,
  startLineProgram,
} from './programs/line-program.ts';

const build = once(async (t: Lifetime): Promise<LineProgramStart> => {
  const program = inRepository('build/programs/libssh_session');
  await mkdir(inRepository('build/programs'), { recursive: true });
  const words = ['-O1', '-Wall', '-Wextra', '-Werror', programSource('libssh_session.c'), '-lssh', '-o', program];
  const { status, stderr } = await runProgram(t, 'cc', words);
  if (status !== 0) throw new Error(`cc: ${stderr}`);
  return { program, words: [] };
});

const driver: ClientDriver = {
  name: 'libssh',
  programs: { cc: 'gcc', '/usr/include/libssh/sftp.h': 'libssh-dev' },
  version: async (t) => (await startLineProgram(t, await build(t)).ask('version')).join(' '),
  logins: ['password', 'key'],
  open: async (t, target) => (await openLineSession(t, target, await build(t))).session,
  renamesOver: false,
  rekeys: true,
  tooSlow: 'it waits for each answer for 10 ms and more, from OpenSSH, too; 8.5 MB with as many new keys work',
};

const { stage, check, bench } = testClient(driver);

async function libssh(t: Lifetime): Promise<LineProgram['ask']> {
  const { target } = await stage();
  return (await openLineSession(t, await target(), await build(t))).ask;
}

check('reads with sixteen requests under way', async (t) => {
  const { local, remote, disk } = await bench(t);
  const ask = await libssh(t);
  const content = randomBytes(2_000_003);
  await writeFile(join(disk, 'file'), content);
  await ask('download-async', `${remote}/file`, join(local, 'got'));
  t.deepEqual(await readFile(join(local, 'got')), content);
  return undefined;
});

check('reads links, resolves paths and asks for room', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await libssh(t);
  await writeFile(join(disk, 'file'), 'content');
  await symlink('file', join(disk, 'link'));
  t.deepEqual(await ask('facts', `${remote}/link`), ['7', 'true', 'file', `${remote}/file`]);
  return undefined;
});
