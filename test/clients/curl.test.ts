// curl with libssh2, as Debian builds it: one URL a transfer, and commands around it (`-Q`).

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { encodeBytes } from '../../src/model/bytes.ts';
import { type ProgramResult, runProgram } from '../helpers/program.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { linesOf, mustRun, versionLine, withoutDots } from './must-run.ts';

const driver: ClientDriver = {
  name: 'curl',
  programs: { curl: 'curl' },
  version: async (t) => {
    const line = await versionLine(t, 'curl', ['--version']);
    return [/^curl \S+/.exec(line)?.[0], /libssh2\S*/.exec(line)?.[0]].join(' with ');
  },
  logins: ['password', 'key'],
  // Before 1.11 (Debian 12 has 1.10) libssh2 knows no MAC of the modern profile.
  settings: { profile: 'compatible' },
  keepsTimes: { upload: false, download: true },
  renamesOver: false,
  unableLists: { newline: 'curl lists one name a line, as it is' },
  open: async (t, target) => {
    const setting = await settingOf(target);
    const curl = (words: readonly string[]): Promise<Buffer> => mustCurl(t, setting, words);
    const quote = (command: string, ...paths: readonly string[]): Promise<unknown> =>
      curl(['--head', '-Q', [command, ...paths.map(quoted)].join(' '), urlOf(target, '/')]);
    const upload = (local: string, remote: string, words: readonly string[] = []): Promise<unknown> =>
      curl([...words, '-T', local, urlOf(target, remote)]);
    const download = (remote: string, local: string, words: readonly string[] = []): Promise<unknown> =>
      curl(['--remote-time', ...words, '-o', local, urlOf(target, remote)]);
    return {
      upload: async (local, remote) => void (await upload(local, remote)),
      download: async (remote, local) => void (await download(remote, local)),
      list: async (remote) => withoutDots(linesOf(await curl(['--list-only', urlOf(target, withSlash(remote))]))),
      delete: async (remote) => void (await quote('rm', remote)),
      resumeUpload: async (local, remote) => void (await upload(local, remote, ['-C', '-'])),
      resumeDownload: async (remote, local) => void (await download(remote, local, ['-C', '-'])),
      rename: async (from, to) => void (await quote('rename', from, to)),
      makeDirectory: async (remote) => void (await quote('mkdir', remote)),
      chmod: async (remote, mode) => void (await quote(`chmod ${mode.toString(8)}`, remote)),
      makeLink: async (said, remote) => void (await quote('symlink', said, remote)),
    };
  },
};

const { check, bench } = testClient(driver);

check('reads ranges', async (t) => {
  const { local, remote, disk, get } = await prepared(t);
  const content = randomBytes(200_000);
  await writeFile(join(disk, 'whole'), content);
  for (const [range, expected] of [
    ['0-0', content.subarray(0, 1)],
    ['40000-140000', content.subarray(40_000, 140_001)],
    ['199990-', content.subarray(199_990)],
    ['-10', content.subarray(-10)],
  ] as const) {
    await get(`${remote}/whole`, ['--range', range, '-o', join(local, 'part')]);
    t.true((await readFile(join(local, 'part'))).equals(expected), range);
  }
  return undefined;
});

check('appends', async (t) => {
  const { local, remote, disk, get } = await prepared(t);
  await writeFile(join(disk, 'log'), 'first\n');
  await writeFile(join(local, 'more'), 'second\n');
  await get(`${remote}/log`, ['--append', '-T', join(local, 'more')]);
  t.is(await readFile(join(disk, 'log'), 'utf8'), 'first\nsecond\n');
  return undefined;
});

check('uploads from a pipe, with the folders on the way, and with permissions', async (t) => {
  const { target, setting, remote, disk } = await prepared(t);
  const words = ['--ftp-create-dirs', '--create-file-mode', '0640', '-T', '-', urlOf(target, `${remote}/a/b/piped`)];
  const content = randomBytes(300_000);
  await mustCurl(t, setting, words, content);
  t.true((await readFile(join(disk, 'a/b/piped'))).equals(content));
  t.is((await stat(join(disk, 'a/b/piped'))).mode & 0o777, 0o640);
  return undefined;
});

check('obeys commands before and after a transfer', async (t) => {
  const { local, remote, disk, get } = await prepared(t);
  await writeFile(join(local, 'sent'), 'content');
  const before = ['mkdir', 'mkdir'].map((command, at) => `${command} "${remote}/folder ${at}"`);
  const after = [
    `-rename "${remote}/.part" "${remote}/whole"`,
    `-chmod 600 "${remote}/whole"`,
    `-ln "whole" "${remote}/link"`,
    `-rmdir "${remote}/folder 1"`,
    `-*rm "${remote}/missing"`,
    `-mtime "Fri, 13 Feb 2009 23:31:30 GMT" "${remote}/whole"`,
  ];
  const words = [...before, ...after].flatMap((command) => ['-Q', command]);
  await get(`${remote}/.part`, [...words, '-T', join(local, 'sent')]);
  t.deepEqual((await readdir(disk)).sort(), ['folder 0', 'link', 'whole']);
  const whole = await stat(join(disk, 'whole'));
  t.is(whole.mode & 0o777, 0o600);
  t.is(whole.mtimeMs, 1_234_567_890_000);
  t.is(await readFile(join(disk, 'link'), 'utf8'), 'content');
  return undefined;
});

check('tells room on the disk by a command', async (t) => {
  const { target, setting } = await prepared(t);
  const said = linesOf(await mustCurl(t, setting, ['--head', '-D', '-', '-Q', 'statvfs /', urlOf(target, '/')]));
  t.true(
    said.some((line) => /^f_blocks: [1-9]\d*$/.test(line)),
    said.join('\n'),
  );
  return undefined;
});

check('knows the host by its fingerprint', async (t) => {
  const { target, setting } = await prepared(t);
  const whole = target.server.fingerprints.map((fingerprint) => fingerprint.replace(/^.*SHA256:/, ''));
  const tryWith = async (fingerprint: string): Promise<number | null> =>
    (await curl(t, setting, ['--hostpubsha256', fingerprint, urlOf(target, '/')])).status;
  const statuses = await Promise.all(whole.map(tryWith));
  t.true(statuses.includes(0), `${whole}: ${statuses}`);
  t.is(await tryWith(Buffer.alloc(32).toString('base64').replace('=', '')), 60);
  return undefined;
});

check('refuses a wrong password', async (t) => {
  const { target, setting } = await prepared(t);
  const { status } = await curl(t, setting, ['-u', 'alice:wrong', '--key', '/dev/null', urlOf(target, '/')]);
  t.is(status, 67);
  return undefined;
});

check('carries files the old way too (scp://)', async (t) => {
  const { target, setting, local, remote, disk } = await prepared(t);
  const content = randomBytes(100_001);
  await writeFile(join(local, 'sent'), content);
  const url = urlOf(target, `${remote}/by scp`).replace(/^sftp/, 'scp');
  await mustCurl(t, setting, ['-T', join(local, 'sent'), url]);
  t.true((await readFile(join(disk, 'by scp'))).equals(content));
  await mustCurl(t, setting, ['-o', join(local, 'got'), url]);
  t.true((await readFile(join(local, 'got'))).equals(content));
  return undefined;
});

interface Prepared {
  readonly target: Target;
  readonly setting: Setting;
  readonly local: string;
  readonly remote: string;
  readonly disk: string;
  get(path: string, words: readonly string[]): Promise<Buffer>;
}

/** A folder for one check, and curl ready for it. */
async function prepared(t: ExecutionContext): Promise<Prepared> {
  const { stage, local, remote, disk } = await bench(t);
  const target = await stage.target();
  const setting = await settingOf(target);
  return {
    target,
    setting,
    local,
    remote,
    disk,
    get: (path, words) => mustCurl(t, setting, [...words, urlOf(target, path)]),
  };
}

/** What every call needs. */
interface Setting {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

async function settingOf({ login, local, knownHosts }: Target): Promise<Setting> {
  // Debian 12's libssh2 asks for the kind of key that stands first for a host, and of RSA it knows SHA-1 alone.
  const known = (await readFile(knownHosts, 'utf8')).split('\n').filter((line) => line.includes('ssh-ed25519'));
  await mkdir(join(local, '.ssh'));
  await writeFile(join(local, '.ssh/known_hosts'), `${known.join('\n')}\n`);
  const lines =
    login.method === 'password'
      ? [`user = "alice:${login.password}"`]
      : ['user = "alice:"', `key = "${login.privateKeyFile}"`, `pubkey = "${login.privateKeyFile}.pub"`];
  // A password is no word of a command line.
  await writeFile(join(local, 'curlrc'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return { words: ['-q', '-K', join(local, 'curlrc'), '-sS', '--globoff'], environment: { HOME: local } };
}

function curl(t: Lifetime, { words, environment }: Setting, more: readonly string[]): Promise<ProgramResult> {
  return runProgram(t, 'curl', [...words, ...more], { environment });
}

function mustCurl(
  t: Lifetime,
  { words, environment }: Setting,
  more: readonly string[],
  input: Uint8Array | string = '',
): Promise<Buffer> {
  return mustRun(t, 'curl', [...words, ...more], { environment, input });
}

function urlOf({ server }: Target, path: string): string {
  const bytes = encodeBytes(path).toString('latin1');
  const encoded = bytes.replace(/[^A-Za-z0-9/._-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `sftp://${server.host}:${server.port}${encoded}`;
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function quoted(path: string): string {
  return `"${path.replace(/["'\\]/g, '\\$&')}"`;
}
