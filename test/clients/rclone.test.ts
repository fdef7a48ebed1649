// rclone with its SFTP backend (Go's pkg/sftp), which asks a server's shell for checksums and the room on the disk.

import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  access,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { needs, type ProgramOptions, runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { readTree, writeTree } from './content.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { linesOf, mustRun, versionLine } from './must-run.ts';

const SHOWN_AS_PICTURE = 'rclone puts the picture of a control character, as ␍, into names of local files';

const driver: ClientDriver = {
  name: 'rclone',
  programs: { rclone: 'rclone' },
  version: async (t) => await versionLine(t, 'rclone', ['version']),
  logins: ['password', 'key'],
  keepsTimes: { upload: true, download: true },
  renamesOver: true,
  unableNames: {
    newline: SHOWN_AS_PICTURE,
    'carriage return': SHOWN_AS_PICTURE,
    tab: SHOWN_AS_PICTURE,
  },
  unableLists: { 'not UTF-8': 'rclone lists in JSON, which is Unicode' },
  open: async (t, target) => {
    const rclone = await rcloneOf(t, target);
    const done = async (...words: readonly string[]): Promise<void> => {
      await rclone(words);
    };
    return {
      upload: (local, remote) => done('copyto', '--ignore-times', local, at(remote)),
      download: (remote, local) => done('copyto', '--ignore-times', at(remote), local),
      list: async (remote) => {
        const entries = JSON.parse((await rclone(['lsjson', at(remote)])).toString('utf8')) as Array<{ Name: string }>;
        return entries.map(({ Name }) => Name);
      },
      delete: (remote) => done('deletefile', at(remote)),
      uploadTree: (local, remote) => done('copy', '--create-empty-src-dirs', local, at(remote)),
      downloadTree: (remote, local) => done('copy', '--create-empty-src-dirs', at(remote), local),
      rename: (from, to) => done('moveto', '--ignore-times', at(from), at(to)),
      makeDirectory: (remote) => done('mkdir', at(remote)),
      deleteTree: (remote) => done('purge', at(remote)),
    };
  },
};

const { check, bench } = testClient(driver);

check('syncs what changed, and checks it by the server’s MD5 and SHA-1', async (t) => {
  const { rclone, local, remote, disk } = await prepared(t);
  const tree = join(local, 'tree');
  await writeTree(tree, { 'a b': 'one', "in ner/it's $HOME": 'two', 'in ner/deep/三': 'three', gone: 'four' });
  await rclone(['sync', tree, at(remote)]);
  t.deepEqual(await readTree(disk), await readTree(tree));
  const before = await stat(join(tree, 'a b'));
  await writeFile(join(tree, 'a b'), 'One');
  await utimes(join(tree, 'a b'), before.atime, before.mtime);
  await rm(join(tree, 'gone'));
  await writeTree(tree, { 'new/er': 'five' });
  // Size and time are the same: only the checksum tells.
  await rclone(['sync', '--checksum', tree, at(remote)]);
  t.deepEqual(await readTree(disk), await readTree(tree));
  await rclone(['check', tree, at(remote)]);
  await writeFile(join(disk, 'a b'), 'Two');
  await t.throwsAsync(rclone(['check', tree, at(remote)]), { message: /1 differences found/ });
  return undefined;
});

check('has checksums from the server', async (t) => {
  const { rclone, remote, disk } = await prepared(t);
  const content = randomBytes(100_001);
  await writeFile(join(disk, "o'dd $x"), content);
  await writeFile(join(disk, 'empty'), '');
  // With the first file rclone finds out which programs the server has; 1.60 is disturbed in it by a second one.
  await rclone(['md5sum', at(`${remote}/empty`)]);
  for (const [command, algorithm] of [
    ['md5sum', 'md5'],
    ['sha1sum', 'sha1'],
  ] as const) {
    const lines = linesOf(await rclone([command, at(remote)])).sort();
    const expected = [
      `${createHash(algorithm).update(content).digest('hex')}  o'dd $x`,
      `${createHash(algorithm).digest('hex')}  empty`,
    ].sort();
    t.deepEqual(lines, expected);
  }
  return undefined;
});

check('tells the room on the disk', async (t) => {
  const { rclone, remote } = await prepared(t);
  const about = JSON.parse((await rclone(['about', '--json', at(remote)])).toString('utf8')) as Record<string, number>;
  for (const name of ['total', 'used', 'free']) t.true((about[name] ?? 0) > 0, name);
  return undefined;
});

check('streams in and out, and reads ranges', async (t) => {
  const { rclone, remote, disk } = await prepared(t);
  const content = randomBytes(700_000);
  await rclone(['rcat', at(`${remote}/piped`)], { input: content });
  t.true((await readFile(join(disk, 'piped'))).equals(content));
  t.true((await rclone(['cat', at(`${remote}/piped`)])).equals(content));
  const middle = await rclone(['cat', '--offset', '300000', '--count', '70000', at(`${remote}/piped`)]);
  t.true(middle.equals(content.subarray(300_000, 370_000)));
  return undefined;
});

check('moves within the server, files and folders', async (t) => {
  const { rclone, remote, disk } = await prepared(t);
  await writeTree(disk, { 'from/a': 'a', 'from/in/b': 'b' });
  await rclone(['moveto', at(`${remote}/from`), at(`${remote}/to`)]);
  t.deepEqual(await readTree(disk), { 'to/a': 'a', 'to/in/b': 'b' });
  await rclone(['rmdirs', at(remote)]);
  await rclone(['move', at(`${remote}/to/in`), at(`${remote}/out`)]);
  t.deepEqual(await readTree(disk), { 'to/a': 'a', 'out/b': 'b' });
  return undefined;
});

check('sets times, and deletes by filters', async (t) => {
  const { rclone, remote, disk } = await prepared(t);
  await writeTree(disk, { 'keep.txt': '', 'in/drop.bin': '', 'in/keep.txt': '' });
  await rclone(['touch', '-t', '2009-02-13T23:31:30', at(`${remote}/keep.txt`)]);
  t.is((await stat(join(disk, 'keep.txt'))).mtimeMs, 1_234_567_890_000);
  await rclone(['delete', '--include', '*.bin', at(remote)]);
  t.deepEqual(await readTree(disk), { 'keep.txt': '', 'in/keep.txt': '' });
  await rclone(['cleanup', at(remote)]).catch(() => {});
  t.regex((await rclone(['size', at(remote)])).toString('utf8'), /Total objects: 2 /);
  return undefined;
});

check('finds every control character, length and form of a name good (rclone test info)', async (t) => {
  const { rclone, remote } = await prepared(t);
  const found = linesOf(await rclone(['test', 'info', '--all', at(remote)]));
  t.deepEqual(found.slice(found.indexOf('stringNeedsEscaping = []rune{')), [
    'stringNeedsEscaping = []rune{',
    "\t'/', '\\x00'",
    '}',
    'maxFileLength = 255 // for 1 byte unicode characters',
    'maxFileLength = 127 // for 2 byte unicode characters',
    'maxFileLength = 85 // for 3 byte unicode characters',
    'maxFileLength = 63 // for 4 byte unicode characters',
    'canWriteUnnormalized = true',
    'canReadUnnormalized   = true',
    'canReadRenormalized   = false',
    'canStream = true',
  ]);
  return undefined;
});

check('mounts', async (t) => {
  if (!(await needs(t, { fusermount3: 'fuse3' }))) return 'fuse3 is not there';
  if (!(await isThere('/dev/fuse'))) return 'the machine has no /dev/fuse';
  const { rclone, local, remote, disk } = await prepared(t);
  const point = join(local, 'point');
  await mkdir(point);
  const own = (await stat(point)).dev;
  // Without a cache a file is uploaded when it is closed; what is done to one before its upload 1.60 gets wrong, with
  // any server.
  const mount = rclone(['mount', '--vfs-cache-mode', 'off', at(remote), point]);
  t.teardown(() => spawnSync('fusermount3', ['-u', '-z', point]));
  await Promise.race([mount, until(async () => (await stat(point)).dev !== own)]);

  const content = randomBytes(1_000_001);
  await mkdir(join(point, 'in ner'));
  await writeFile(join(point, 'in ner/new'), content);
  t.true((await readFile(join(disk, 'in ner/new'))).equals(content));
  t.true((await readFile(join(point, 'in ner/new'))).equals(content));
  await writeFile(join(point, 'old'), 'to be replaced');
  await writeFile(join(point, 'old.swp'), 'replaced');
  await rename(join(point, 'old.swp'), join(point, 'old'));
  t.is(await readFile(join(disk, 'old'), 'utf8'), 'replaced');
  await unlink(join(point, 'old'));
  t.deepEqual(await readdir(point), ['in ner']);
  t.deepEqual(await readdir(disk), ['in ner']);
  t.true((await statfs(point)).blocks > 0);
  await mustRun(t, 'fusermount3', ['-u', point]);
  await mount;
  return undefined;
});

interface Prepared {
  readonly rclone: (words: readonly string[], options?: ProgramOptions) => Promise<Buffer>;
  readonly local: string;
  readonly remote: string;
  readonly disk: string;
}

async function prepared(t: ExecutionContext): Promise<Prepared> {
  const { stage, local, remote, disk } = await bench(t);
  return { local, remote, disk, rclone: await rcloneOf(t, await stage.target()) };
}

function at(path: string): string {
  return `sshome:${path}`;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** rclone with a configuration as `rclone config` writes it. */
async function rcloneOf(t: Lifetime, { server, login, local, knownHosts }: Target): Promise<Prepared['rclone']> {
  const config = join(local, 'rclone.conf');
  const { stdout } =
    login.method === 'password'
      ? await runProgram(t, 'rclone', ['obscure', '-'], { input: login.password })
      : { stdout: Buffer.alloc(0) };
  const lines = [
    '[sshome]',
    'type = sftp',
    `host = ${server.host}`,
    `port = ${server.port}`,
    'user = alice',
    login.method === 'password' ? `pass = ${linesOf(stdout)[0]}` : `key_file = ${login.privateKeyFile}`,
    `known_hosts_file = ${knownHosts}`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`, { mode: 0o600 });
  const exact = ['--local-encoding', 'Slash', '--no-unicode-normalization'];
  const head = [
    ...exact,
    '--config',
    config,
    '--cache-dir',
    join(local, 'cache'),
    '--retries',
    '1',
    '--low-level-retries',
    '1',
  ];
  return (words, options) => mustRun(t, 'rclone', [...head, ...words], options);
}
