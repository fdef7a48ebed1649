// lftp, which runs OpenSSH's ssh and speaks SFTP itself: many requests at a time, mirrors, parallel parts of one file.

import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { encodeBytes } from '../../src/model/bytes.ts';
import { readTree, writeRandom, writeTree } from './content.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { linesOf, mustRun, versionLine, withoutDots } from './must-run.ts';

const driver: ClientDriver = {
  name: 'lftp',
  programs: { lftp: 'lftp', ssh: 'openssh-client' },
  version: async (t) =>
    (await versionLine(t, 'lftp', ['--version'])).replace(/^(LFTP \| )?Version (\S+).*$/, 'lftp $2'),
  logins: ['password', 'key'],
  keepsTimes: { upload: true, download: true },
  renamesOver: false,
  rekeys: true,
  unableLists: { newline: 'lftp lists one name a line, as it is' },
  open: async (t, target) => {
    const lftp = await lftpOf(t, target);
    const does = async (command: string, ...paths: readonly string[]): Promise<void> => {
      await lftp(`${command} ${paths.map(quoted).join(' ')}`);
    };
    return {
      upload: (local, remote) => lftp(`put ${quoted(local)} -o ${quoted(remote)}`).then(() => {}),
      download: (remote, local) => lftp(`get ${quoted(remote)} -o ${quoted(local)}`).then(() => {}),
      list: async (remote) => {
        const lines = linesOf(await lftp(`cd ${quoted(remote)}\nnlist`));
        return withoutDots(lines.map((line) => line.replace(/\/$/, '')));
      },
      delete: (remote) => does('rm', remote),
      uploadTree: (local, remote) => does('mirror -R', local, remote),
      downloadTree: (remote, local) => does('mirror', remote, local),
      resumeUpload: (local, remote) => lftp(`put -c ${quoted(local)} -o ${quoted(remote)}`).then(() => {}),
      resumeDownload: (remote, local) => lftp(`get -c ${quoted(remote)} -o ${quoted(local)}`).then(() => {}),
      rename: (from, to) => does('mv', from, to),
      makeDirectory: (remote) => does('mkdir', remote),
      deleteTree: (remote) => does('rm -r', remote),
      chmod: (remote, mode) => does(`chmod ${mode.toString(8)}`, remote),
      makeLink: (said, remote) => does('ln -s', said, remote),
    };
  },
};

const { check, bench } = testClient(driver);

check('gets one file in five parts at a time', async (t) => {
  const { lftp, local, remote, disk } = await prepared(t);
  await writeRandom(join(disk, 'whole'), 5_000_001);
  await lftp(`set pget:min-chunk-size 100k\npget -n 5 ${quoted(`${remote}/whole`)} -o ${quoted(`${local}/got`)}`);
  t.true((await readFile(join(local, 'got'))).equals(await readFile(join(disk, 'whole'))));
  t.deepEqual(await readdir(local), ['got']);
  return undefined;
});

check('puts and gets by patterns', async (t) => {
  const { lftp, local, remote, disk } = await prepared(t);
  const texts = { 'one.txt': '1', 'two two.txt': '2', 'three.txt': '3' };
  await writeTree(local, { ...texts, 'other.bin': 'b' });
  await lftp(`cd ${quoted(remote)}\nlcd ${quoted(local)}\nmput *.txt`);
  t.deepEqual(await readTree(disk), texts);
  await lftp(
    `cd ${quoted(remote)}\nmkdir -p ${quoted(`${local}`)}/x\nlcd ${quoted(local)}\nmget -E -O ${quoted(local)} t*.txt`,
  );
  t.deepEqual(await readdir(disk), ['one.txt']);
  await lftp(`cd ${quoted(remote)}\nmrm *.txt`);
  t.deepEqual(await readdir(disk), []);
  return undefined;
});

check('mirrors what changed, four files at a time, and deletes what is gone', async (t) => {
  const { lftp, local, remote, disk } = await prepared(t);
  const tree = join(local, 'tree');
  const files = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`folder ${at % 7}/file ${at}`, `of ${at}`]));
  await writeTree(tree, { ...files, 'kept/empty/': '' });
  const mirror = `mirror -R --parallel=4 --delete --verbose=1 ${quoted(tree)} ${quoted(`${remote}/tree`)}`;
  await lftp(mirror);
  t.deepEqual(await readTree(join(disk, 'tree')), await readTree(tree));
  t.is(linesOf(await lftp(mirror)).filter((line) => line.startsWith('Transferring')).length, 0);

  await writeFile(join(tree, 'folder 1/file 1'), 'changed since');
  await rm(join(tree, 'folder 2'), { recursive: true });
  const said = linesOf(await lftp(mirror)).filter((line) => line.startsWith('Transferring'));
  t.is(said.length, 1, said.join('\n'));
  t.deepEqual(await readTree(join(disk, 'tree')), await readTree(tree));

  await writeFile(join(disk, 'tree/folder 3/new'), 'on the server');
  await lftp(`mirror --parallel=4 ${quoted(`${remote}/tree`)} ${quoted(tree)}`);
  t.deepEqual(await readTree(join(disk, 'tree')), await readTree(tree));
  return undefined;
});

check('goes on with a mirror that broke off', async (t) => {
  const { lftp, local, remote, disk } = await prepared(t);
  const tree = join(local, 'tree');
  await mkdir(tree);
  await writeRandom(join(tree, 'large'), 900_001);
  await utimes(join(tree, 'large'), 1_234_567_890, 1_234_567_890);
  const mirror = (words: string): Promise<unknown> => lftp(`mirror --continue ${words}`);
  await mirror(`-R ${quoted(tree)} ${quoted(`${remote}/tree`)}`);
  await truncate(join(disk, 'tree/large'), 400_000);
  await mirror(`-R ${quoted(tree)} ${quoted(`${remote}/tree`)}`);
  t.true((await readFile(join(disk, 'tree/large'))).equals(await readFile(join(tree, 'large'))));
  await mirror(`${quoted(`${remote}/tree`)} ${quoted(`${local}/back`)}`);
  await truncate(join(local, 'back/large'), 400_000);
  await mirror(`${quoted(`${remote}/tree`)} ${quoted(`${local}/back`)}`);
  t.true((await readFile(join(local, 'back/large'))).equals(await readFile(join(tree, 'large'))));
  t.is((await stat(join(local, 'back/large'))).mtimeMs, 1_234_567_890_000);
  return undefined;
});

check('shows long listings, sizes and the end of a file', async (t) => {
  const { lftp, remote, disk } = await prepared(t);
  await writeFile(join(disk, 'notes'), 'one\ntwo\nthree\n');
  await appendFile(join(disk, 'other'), randomBytes(5000));
  const said = (await lftp(`cd ${quoted(remote)}\nls\ndu -a -b\ncat notes\nfind`)).toString('utf8');
  t.regex(said, /^-rw-r--r-- +1 alice +alice +5000 .* other$/m);
  t.regex(said, /^5000\s+\.?\/?other$/m);
  t.true(said.includes('one\ntwo\nthree\n'));
  t.true(said.includes('./notes\n'));
  return undefined;
});

interface Prepared {
  readonly local: string;
  readonly remote: string;
  readonly disk: string;
  readonly lftp: (script: string) => Promise<Buffer>;
}

async function prepared(t: ExecutionContext): Promise<Prepared> {
  const { stage, local, remote, disk } = await bench(t);
  return { local, remote, disk, lftp: await lftpOf(t, await stage.target()) };
}

/** Runs commands in a new lftp, logged in; the first that fails ends it. */
async function lftpOf(t: Lifetime, target: Target): Promise<(script: string) => Promise<Buffer>> {
  const { server, login, local, knownHosts, rekeyBytes } = target;
  const ssh = ['ssh', '-a', '-x', '-F', 'none', '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'IdentitiesOnly=yes'];
  if (login.method === 'key') ssh.push('-i', login.privateKeyFile);
  if (rekeyBytes !== undefined) ssh.push('-o', `RekeyLimit=${rekeyBytes}`);
  const head = [
    `set sftp:connect-program ${quoted(ssh.join(' '))}`,
    'set cmd:fail-exit yes',
    'set net:max-retries 1',
    'set xfer:clobber yes',
    // lftp takes names for UTF-8 and shows others changed; as bytes they stay what they are.
    'set file:charset ISO-8859-1',
    'set sftp:charset ISO-8859-1',
    `open -u alice,${quoted(login.method === 'password' ? login.password : 'none')} sftp://${server.host}:${server.port}`,
  ];
  return (script) =>
    mustRun(t, 'lftp', ['--norc'], {
      input: encodeBytes([...head, script, ''].join('\n')),
      environment: { HOME: local },
      folder: local,
    });
}

function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, '\\$&')}"`;
}
