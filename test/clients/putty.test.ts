// PuTTY's command line: psftp, pscp in both of its ways, and plink.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { encodeBytes } from '../../src/model/bytes.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { runProgram } from '../helpers/program.ts';
import { giveSecondFactor } from '../helpers/second-factor.ts';
import { until } from '../helpers/until.ts';
import { readTree, writeTree } from './content.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { linesOf, versionLine, withoutDots } from './must-run.ts';
import { PUTTY_PROGRAMS, type Putty, setUpPutty } from './putty.ts';
import { setStage } from './stage.ts';

const CUTS_AT_BACKSLASH = 'pscp cuts the name it sends off at a backslash, as for Windows';

/** What the server itself escapes in its long listings, and PuTTY would, too. */
const ESCAPED_IN_LISTINGS = {
  newline: 'it shows the long listing of the server, where control characters are escaped',
  'carriage return': 'it shows the long listing of the server, where control characters are escaped',
  tab: 'it shows the long listing of the server, where control characters are escaped',
  'not UTF-8': 'it shows the long listing of the server, where bytes that are not UTF-8 are escaped',
};

async function version(t: Lifetime): Promise<string> {
  return (await versionLine(t, 'psftp', ['-V'])).replace(/^psftp: Release/, 'PuTTY');
}

const psftp: ClientDriver = {
  name: 'PuTTY psftp',
  programs: PUTTY_PROGRAMS,
  version,
  logins: ['password', 'key'],
  keepsModes: { upload: true, download: true },
  renamesOver: false,
  rekeys: true,
  unableLists: ESCAPED_IN_LISTINGS,
  open: async (t, target) => {
    const putty = await setUpPutty(t, target);
    const batch = join(target.local, 'batch');
    const does = async (...commands: readonly string[]): Promise<Buffer> => {
      await writeFile(batch, encodeBytes(`${commands.join('\n')}\n`));
      return putty.must('psftp', ['-b', batch, putty.host]);
    };
    const done = (...commands: readonly string[]): Promise<void> => does(...commands).then(() => {});
    return {
      upload: (local, remote) => done(`put ${quoted(local)} ${quoted(remote)}`),
      download: (remote, local) => done(`get ${quoted(remote)} ${quoted(local)}`),
      list: async (remote) => namesOf(await does(`ls ${quoted(remote)}`)),
      delete: (remote) => done(`rm ${quoted(escaped(remote))}`),
      uploadTree: (local, remote) => done(`put -r -- ${quoted(local)} ${quoted(remote)}`),
      downloadTree: (remote, local) => done(`get -r -- ${quoted(remote)} ${quoted(local)}`),
      resumeUpload: (local, remote) => done(`reput ${quoted(local)} ${quoted(remote)}`),
      resumeDownload: (remote, local) => done(`reget ${quoted(remote)} ${quoted(local)}`),
      rename: (from, to) => done(`mv ${quoted(escaped(from))} ${quoted(to)}`),
      makeDirectory: (remote) => done(`mkdir ${quoted(remote)}`),
      chmod: (remote, mode) => done(`chmod ${mode.toString(8)} ${quoted(escaped(remote))}`),
    };
  },
};

/** pscp by either protocol; what it has no flag for is left to psftp. */
function pscp(protocol: 'sftp' | 'scp', more: Partial<ClientDriver>): ClientDriver {
  return {
    name: `PuTTY pscp -${protocol}`,
    programs: PUTTY_PROGRAMS,
    version,
    logins: ['password', 'key'],
    keepsTimes: { upload: true, download: true },
    keepsModes: { upload: true, download: true },
    rekeys: true,
    unableLists: ESCAPED_IN_LISTINGS,
    ...more,
    open: async (t, target) => {
      const putty = await setUpPutty(t, target);
      const asSource = protocol === 'sftp' ? escaped : shellQuoted;
      const asTarget = protocol === 'sftp' ? (path: string): string => path : shellQuoted;
      const copy = async (words: readonly string[], from: string, to: string): Promise<void> => {
        await putty.must('pscp', [`-${protocol}`, '-p', '-q', ...words, from, to]);
      };
      const { delete: deleteFile } = await psftp.open(t, target);
      return {
        upload: (local, remote) => copy([], local, `${putty.host}:${asTarget(remote)}`),
        download: (remote, local) => copy([], `${putty.host}:${asSource(remote)}`, local),
        // Into a folder that is there: pscp by SFTP makes no other.
        uploadTree: (local, remote) => copy(['-r'], local, `${putty.host}:${asTarget(dirname(remote))}`),
        downloadTree: (remote, local) => copy(['-r'], `${putty.host}:${asSource(remote)}`, local),
        list: async (remote) => namesOf(await putty.must('pscp', [`-${protocol}`, '-ls', `${putty.host}:${remote}`])),
        delete: deleteFile,
      };
    },
  };
}

const { check, bench } = testClient(psftp);
testClient(pscp('sftp', { unableNames: { backslash: CUTS_AT_BACKSLASH } }));
testClient(
  pscp('scp', {
    unableNames: {
      backslash: CUTS_AT_BACKSLASH,
      newline: 'the old protocol sends names in lines',
      'outer spaces': 'pscp passes over spaces before a name in the old protocol',
    },
  }),
);

check('psftp asks for patterns, many files and folders', async (t) => {
  const { putty, local, remote, disk } = await prepared(t);
  const texts = { 'one.txt': '1', 'two two.txt': '2', 'three.txt': '3' };
  await writeTree(local, { ...texts, 'other.bin': 'b' });
  const commands = [
    `cd ${quoted(remote)}`,
    `lcd ${quoted(local)}`,
    'mput *.txt',
    'mkdir sub "sub two"',
    'put other.bin "sub two/other.bin"',
    'mv *.txt sub',
    'chmod go-rwx,u+x sub/one.txt',
    'dir sub/t*',
    'lpwd',
    'lcd "new place"',
    'mget sub/*.txt',
    'rmdir "sub two"',
  ];
  await mkdir(join(local, 'new place'));
  await writeFile(join(local, 'batch'), `${commands.join('\n')}\n`);
  const { status, stdout, stderr } = await putty.run('psftp', ['-b', join(local, 'batch'), putty.host]);
  // The last command is to fail, and with it the batch: the folder is not empty.
  t.is(status, 2, stderr);
  t.regex(stdout.toString('utf8') + stderr, /rmdir .*sub two: failure/);
  t.deepEqual(namesOf(stdout), ['three.txt', 'two two.txt']);
  t.deepEqual(await readTree(join(disk, 'sub')), texts);
  t.deepEqual(await readTree(join(local, 'new place')), texts);
  t.is((await stat(join(disk, 'sub/one.txt'))).mode & 0o777, 0o700);
  t.deepEqual(await readTree(join(disk, 'sub two')), { 'other.bin': 'b' });
  return undefined;
});

for (const protocol of ['sftp', 'scp']) {
  check(`pscp -${protocol} takes many files, and patterns of the server`, async (t) => {
    const { putty, local, remote, disk } = await prepared(t);
    const texts = { 'one.txt': '1', 'two two.txt': '2' };
    await writeTree(disk, { ...texts, 'other.bin': 'b' });
    const pattern = protocol === 'sftp' ? `${remote}/*.txt` : `${shellQuoted(remote)}/*.txt`;
    // In the old protocol the server names the files; pscp takes only names that it asked for, unless told.
    const trusting = protocol === 'sftp' ? [] : ['-unsafe'];
    await putty.must('pscp', [`-${protocol}`, '-q', ...trusting, `${putty.host}:${pattern}`, `${local}/`]);
    t.deepEqual((await readdir(local)).filter((name) => name.endsWith('.txt')).sort(), Object.keys(texts));
    const back = protocol === 'sftp' ? remote : shellQuoted(remote);
    await mkdir(join(disk, 'back'));
    const sent = Object.keys(texts).map((name) => join(local, name));
    await putty.must('pscp', [`-${protocol}`, '-q', ...sent, `${putty.host}:${back}/back`]);
    t.deepEqual(await readTree(join(disk, 'back')), texts);
    return undefined;
  });
}

check('plink runs single commands, with input, output and exit status', async (t) => {
  const { putty, remote, disk } = await prepared(t);
  const content = randomBytes(300_001);
  await putty.must('plink', [putty.host, 'upload', shellQuoted(`${remote}/file`)], { input: content });
  t.true((await readFile(join(disk, 'file'))).equals(content));
  t.true((await putty.must('plink', [putty.host, `cat ${shellQuoted(`${remote}/file`)}`])).equals(content));
  const missing = await putty.run('plink', [putty.host, 'cat', '/missing']);
  t.is(missing.status, 1);
  t.regex(missing.stderr, /missing: No such file or directory/);
  return undefined;
});

check('plink opens a shell, with and without a terminal', async (t) => {
  const { putty } = await prepared(t);
  const bare = await putty.must('plink', ['-T', putty.host], { input: 'mkdir /by-plink\ncd /by-plink\npwd\nquit\n' });
  t.true(bare.toString('utf8').endsWith('/by-plink\n'));
  const terminal = await putty.must('plink', ['-t', putty.host], { input: 'cd /by-plink\rquit\r' });
  t.true(terminal.toString('utf8').includes('alice@sshome:/by-plink$ '));
  return undefined;
});

check('plink carries the SFTP subsystem, and no other', async (t) => {
  const { putty } = await prepared(t);
  // INIT of version 3 (draft, section 4); the answer begins with VERSION.
  const answer = await putty.must('plink', ['-s', putty.host, 'sftp'], {
    input: Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]),
  });
  t.deepEqual([...answer.subarray(4, 9)], [2, 0, 0, 0, 3]);
  t.not((await putty.run('plink', ['-s', putty.host, 'netconf'])).status, 0);
  return undefined;
});

check('plink gives a one-time code after the password, and a new password where it must be changed', async (t) => {
  const stage = await setStage(t);
  const { server, logins } = stage;
  const factor = await giveSecondFactor(server, { mustChange: true });
  const hostKeys = server.fingerprints.flatMap((fingerprint) => ['-hostkey', fingerprint]);
  const words = [
    ...['plink', '-no-antispoof', '-ssh', '-P', String(server.port), ...hostKeys],
    ...[`alice@${server.host}`, 'whoami'],
  ];
  // Without a terminal of its own it asks on standard input.
  const child = spawn('setsid', ['-w', ...words], {
    env: { ...process.env, HOME: server.folder, PUTTYDIR: join(server.folder, '.putty') },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  let [output, screen] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  const answers = {
    'Password: ': logins.password.password,
    'One-time code: ': factor.code(),
    'New password: ': 'brand new',
    'New password again: ': 'brand new',
  };
  for (const [question, answer] of Object.entries(answers)) {
    await until(() => screen.includes(`| ${question}`));
    child.stdin.write(`${answer}\n`);
  }
  await ended;
  t.is(output, 'alice\n', screen);
  return undefined;
});

check('plink is refused forwarding', async (t) => {
  const { putty } = await prepared(t);
  const { status, stderr } = await putty.run('plink', ['-nc', '127.0.0.1:22', putty.host]);
  t.not(status, 0);
  t.regex(stderr, /refused|prohibited|failed/i);
  return undefined;
});

check('refuses a host of another key, and a wrong password', async (t) => {
  const { target, putty } = await prepared(t);
  const stranger = await runProgram(t, 'plink', ['-batch', '-hostkey', `SHA256:${'A'.repeat(43)}`, putty.host, 'pwd'], {
    environment: { PUTTYDIR: join(target.local, '.putty') },
  });
  t.is(stranger.status, 1);
  t.regex(stranger.stderr, /host key not in/i);
  const other = await setUpPutty(t, {
    ...target,
    local: await temporaryFolder(t),
    login: { method: 'password', password: 'wrong' },
  });
  t.is((await other.run('plink', [putty.host, 'pwd'])).status, 1);
  return undefined;
});

interface Prepared {
  readonly target: Target;
  readonly putty: Putty;
  readonly local: string;
  readonly remote: string;
  readonly disk: string;
}

async function prepared(t: ExecutionContext): Promise<Prepared> {
  const { stage, local, remote, disk } = await bench(t);
  const target = await stage.target();
  return { target, putty: await setUpPutty(t, target), local, remote, disk };
}

/** As a system shell wants it, which the old scp hands its words to. */
function shellQuoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** Doubled quotes are quotes to psftp. */
function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}

/** Where psftp takes patterns, a backslash keeps a character from being one. */
function escaped(path: string): string {
  return path.replace(/[\\*?[\]]/g, '\\$&');
}

/** Type, permissions, number of names, owner, group (not in the shell's), size, time, name. */
const LONG_LINE = /^[-dl]\S{9} +\d+ \S+ +(?:\S+ +)?\d+ \w{3} +\d+ +[\d:]+ (.*)$/s;

/** The names in a long listing of the server. */
function namesOf(listing: Buffer): string[] {
  const lines = linesOf(listing).map((line) => LONG_LINE.exec(line)?.[1]);
  return withoutDots(lines.filter((name) => name !== undefined));
}
