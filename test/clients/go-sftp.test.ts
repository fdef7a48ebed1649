// Go's pkg/sftp over golang.org/x/crypto/ssh: what rclone, restic's relatives, Terraform and Packer are built on.

import { link, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../helpers/program.ts';
import { once } from './client-tests.ts';
import type { ClientDriver, Lifetime } from './driver.ts';
import { testClient } from './matrix.ts';
import { goProgram, PKG_SFTP_PACKAGES } from './programs/go.ts';
import { type LineProgram, openLineSession } from './programs/line-program.ts';

const SIXTY_FOUR_OF_THE_LARGEST = String(64 * 255 * 1024);

const build = once((t: Lifetime) => goProgram(t, 'go_sftp_session.go'));

const driver: ClientDriver = {
  name: 'Go pkg/sftp',
  programs: PKG_SFTP_PACKAGES,
  version: async (t) => {
    const { stdout } = await runProgram(t, 'dpkg-query', [
      '-W',
      'golang-github-pkg-sftp-dev',
      'golang-golang-x-crypto-dev',
    ]);
    return stdout.toString('utf8').trim().replaceAll('\t', ' ').replaceAll('\n', ', ');
  },
  logins: ['password', 'key'],
  open: async (t, target) => (await openLineSession(t, target, await build(t))).session,
  renamesOver: true,
  rekeys: true,
  // The first run compiles the library.
  patienceSeconds: 120,
};

const { stage, check, bench } = testClient(driver);

async function goSftp(t: Lifetime): Promise<LineProgram['ask']> {
  const { target } = await stage();
  return (await openLineSession(t, await target(), await build(t))).ask;
}

check('sixty-four packets of 255 KiB under way, both ways', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await goSftp(t);
  t.deepEqual(await ask('concurrent', `${remote}/file`, SIXTY_FOUR_OF_THE_LARGEST), ['true']);
  t.is((await stat(join(disk, 'file'))).size, Number(SIXTY_FOUR_OF_THE_LARGEST));
  return undefined;
});

check('walks a tree, and follows no links', async (t) => {
  const { session, remote, disk } = await bench(t);
  const ask = await goSftp(t);
  await ask('mkdir-all', `${remote}/a/b/c`);
  await writeFile(join(disk, 'a/b/c/file'), '');
  await symlink('..', join(disk, 'a/b/up'));
  t.deepEqual(
    (await ask('walk', remote)).sort(),
    ['', '/a', '/a/b', '/a/b/c', '/a/b/c/file', '/a/b/up'].map((path) => remote + path),
  );
  t.deepEqual(await session.list(`${remote}/a`), ['b']);
  return undefined;
});

check('errors have the kinds that Go programs test for', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await goSftp(t);
  await writeFile(join(disk, 'file'), '');
  const [isNotExist, exists, notEmpty] = await ask('kinds', remote);
  t.is(isNotExist, 'true');
  t.regex(exists ?? '', /exists/);
  t.regex(notEmpty ?? '', /not empty/);
  return undefined;
});

check('sees the extensions', async (t) => {
  const ask = await goSftp(t);
  t.deepEqual(await ask('extensions', 'posix-rename@openssh.com', 'statvfs@openssh.com', 'hardlink@openssh.com'), [
    'true:1',
    'true:2',
    'true:1',
  ]);
  return undefined;
});

check('sets times and length, and asks for room', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await goSftp(t);
  await writeFile(join(disk, 'file'), 'long content');
  t.deepEqual(await ask('facts', `${remote}/file`), ['7', '1234567890', 'true']);
  return undefined;
});

check('makes hard links', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await goSftp(t);
  await writeFile(join(disk, 'one'), 'content');
  await link(join(disk, 'one'), join(disk, 'other'));
  await ask('hard-link', `${remote}/one`, `${remote}/two`);
  t.is((await stat(join(disk, 'two'))).nlink, 3);
  return undefined;
});

check('a plain rename does not replace', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await goSftp(t);
  await writeFile(join(disk, 'one'), '1');
  await writeFile(join(disk, 'two'), '2');
  await t.throwsAsync(ask('plain-rename', `${remote}/one`, `${remote}/two`));
  t.is(await readFile(join(disk, 'two'), 'utf8'), '2');
  t.deepEqual((await readdir(disk)).sort(), ['one', 'two']);
  return undefined;
});
