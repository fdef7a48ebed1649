// gvfs, by which GNOME's file manager and its kin reach SFTP: a daemon on a bus of its own, driven with gio. It runs
// OpenSSH's ssh for the connection and speaks SFTP itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeBytes, encodeBytes } from '../../src/model/bytes.ts';
import type { ProgramOptions } from '../helpers/program.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { linesOf, mustRun, versionLine, withoutDots } from './must-run.ts';

type Gio = (words: readonly string[], options?: ProgramOptions) => Promise<Buffer>;

const driver: ClientDriver = {
  name: 'gvfs',
  programs: {
    gio: 'libglib2.0-bin',
    'dbus-daemon': 'dbus-daemon',
    ssh: 'openssh-client',
    // Not for people to start: it is found beside the folder of programs.
    '../lib/gvfs/gvfsd-sftp': 'gvfs-backends',
  },
  version: async (t) => `gvfs, gio ${await versionLine(t, 'gio', ['version'])}`,
  logins: ['password', 'key'],
  keepsTimes: { upload: true, download: true },
  keepsModes: { upload: true, download: true },
  renamesOver: true,
  rekeys: true,
  open: async (t, target) => {
    const gio = await mounted(t, target);
    const at = (path: string): string => uriOf(target, path);
    const done = (...words: readonly string[]): Promise<void> => gio(words).then(() => {});
    return {
      upload: (local, remote) => done('copy', '--preserve', local, at(remote)),
      download: (remote, local) => done('copy', '--preserve', at(remote), local),
      list: async (remote) => namesOf(await gio(['list', '--hidden', '--print-uris', at(remote)])),
      delete: (remote) => done('remove', at(remote)),
      rename: (from, to) => done('move', at(from), at(to)),
      makeDirectory: (remote) => done('mkdir', at(remote)),
      chmod: (remote, mode) => done('set', '-t', 'uint32', at(remote), 'unix::mode', String(mode)),
    };
  },
};

const { check, stage, bench } = testClient(driver);

check('shows what a file manager shows: type, size, time, owner, rights and the room on the disk', async (t) => {
  const { local, remote, disk } = await bench(t);
  const target = { ...(await (await stage()).target()), local };
  const gio = await mounted(t, target);
  await writeFile(join(disk, 'notes.txt'), 'content');
  const info = linesOf(
    await gio(['info', '-a', 'standard::*,unix::mode,owner::*', uriOf(target, `${remote}/notes.txt`)]),
  );
  const said = info.join('\n');
  t.regex(said, /^type: regular$/m);
  t.regex(said, /^size: {1,2}7$/m);
  t.regex(said, /standard::content-type: text\/plain/);
  t.regex(said, new RegExp(`unix::mode: ${(await stat(join(disk, 'notes.txt'))).mode}$`, 'm'));
  const room = linesOf(await gio(['info', '--filesystem', uriOf(target, remote)])).join('\n');
  t.regex(room, /filesystem::free: [1-9]\d*/);
  return undefined;
});

check('saves as an editor does, by a new file and a rename', async (t) => {
  const { local, remote, disk } = await bench(t);
  const target = { ...(await (await stage()).target()), local };
  const gio = await mounted(t, target);
  const uri = uriOf(target, `${remote}/notes`);
  await gio(['save', '--create', uri], { input: 'first' });
  await gio(['save', '--etag', await etagOf(gio, uri), uri], { input: 'second' });
  t.is(await readFile(join(disk, 'notes'), 'utf8'), 'second');
  t.is((await gio(['cat', uri])).toString('utf8'), 'second');
  await gio(['rename', uri, 'renamed']);
  t.deepEqual(await readdir(disk), ['renamed']);
  return undefined;
});

/** What tells gvfs whether somebody else has changed the file meanwhile. */
async function etagOf(gio: Gio, uri: string): Promise<string> {
  const info = (await gio(['info', '-a', 'etag::value', uri])).toString('utf8');
  return /etag::value: (\S+)/.exec(info)?.[1] ?? '';
}

function uriOf({ server }: Target, path: string): string {
  const bytes = encodeBytes(path).toString('latin1');
  const encoded = bytes.replace(/[^A-Za-z0-9/._-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `sftp://alice@${server.host}:${server.port}${encoded}`;
}

function namesOf(uris: Buffer): string[] {
  const names = linesOf(uris).map((uri) => {
    const encoded = uri.slice(uri.lastIndexOf('/') + 1);
    const bytes = encoded.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
    return decodeBytes(Buffer.from(bytes, 'latin1'));
  });
  return withoutDots(names);
}

/** Starts a bus with gvfs on it, and mounts the server. */
async function mounted(t: Lifetime, target: Target): Promise<Gio> {
  const { login, local } = target;
  const environment = await environmentOf(target);
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(bus, 'close');
  t.teardown(async () => {
    bus.kill();
    await ended;
  });
  const [address] = (await once(createInterface({ input: bus.stdout }), 'line')) as [string];
  const gio: Gio = (words, options) =>
    mustRun(t, 'gio', words, {
      folder: local,
      environment: { ...environment, DBUS_SESSION_BUS_ADDRESS: address },
      ...options,
    });
  await gio(['mount', uriOf(target, '/')], { input: login.method === 'password' ? `${login.password}\n` : '' });
  return gio;
}

/** gvfs has no settings for ssh; the first `ssh` on its path is one that knows ours. */
async function environmentOf({ login, local, knownHosts, rekeyBytes }: Target): Promise<Record<string, string>> {
  const [programs, runtime] = [join(local, 'programs'), join(local, 'runtime')];
  await mkdir(programs, { recursive: true });
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  const options = [`UserKnownHostsFile=${knownHosts}`, 'IdentitiesOnly=yes'];
  if (login.method === 'key') options.push(`IdentityFile=${login.privateKeyFile}`);
  else options.push('PubkeyAuthentication=no');
  if (rekeyBytes !== undefined) options.push(`RekeyLimit=${rekeyBytes}`);
  const path = process.env['PATH'] ?? '';
  const words = options.map((option) => `-o '${option}'`).join(' ');
  await writeFile(join(programs, 'ssh'), `#!/bin/sh\nPATH='${path}' exec ssh -F none ${words} "$@"\n`, { mode: 0o755 });
  return {
    HOME: local,
    PATH: `${programs}${delimiter}${path}`,
    XDG_RUNTIME_DIR: runtime,
    GVFS_DISABLE_FUSE: '1',
    GIO_USE_VOLUME_MONITOR: 'unix',
    GIO_USE_VFS: 'gvfs',
  };
}
