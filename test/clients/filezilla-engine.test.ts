// FileZilla's engine, the program fzsftp (PuTTY's psftp, much changed), driven as FileZilla drives it. The program with
// its windows is in filezilla.test.ts.

import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../helpers/program.ts';
import { giveSecondFactor } from '../helpers/second-factor.ts';
import type { ClientDriver, ClientSession, Lifetime, Target } from './driver.ts';
import { type Engine, startEngine } from './filezilla-engine.ts';
import { testClient } from './matrix.ts';
import { linesOf } from './must-run.ts';
import { downloadTree, type TreeWork, uploadTree } from './programs/trees.ts';
import { setStage } from './stage.ts';

const LINE_BREAK = 'a command of fzsftp is a line, and FileZilla refuses names with a line break in them';

const driver: ClientDriver = {
  name: 'FileZilla fzsftp',
  programs: { fzsftp: 'filezilla' },
  version: async (t) => {
    const { stdout } = await runProgram(t, 'fzsftp', ['--version']);
    return linesOf(stdout).find((line) => line.startsWith('psftp: ')) ?? '';
  },
  logins: ['password', 'key'],
  unableNames: { newline: LINE_BREAK, 'carriage return': LINE_BREAK },
  keepsTimes: { upload: true, download: true },
  renamesOver: false,
  rekeys: true,
  open: async (t, target) => sessionOf(await connected(t, target)),
};

async function connected(
  t: Lifetime,
  { server, login, local, rekeyBytes }: Target,
  more: { readonly answers?: readonly string[] } = {},
): Promise<Engine> {
  const settings = join(local, 'putty');
  await mkdir(join(settings, 'sessions'), { recursive: true });
  if (rekeyBytes !== undefined) {
    await writeFile(join(settings, 'sessions', 'Default%20Settings'), `RekeyBytes=${rekeyBytes}\n`);
  }
  const engine = await startEngine(t, { settings, folder: local });
  await engine.connect({
    host: server.host,
    port: server.port,
    user: 'alice',
    ...(login.method === 'password' ? { password: login.password } : { privateKeyFile: login.privateKeyFile }),
    trusts: (hostKey) => server.fingerprints.some((fingerprint) => hostKey.endsWith(fingerprint)),
    ...more,
  });
  return engine;
}

function sessionOf(engine: Engine): ClientSession {
  const does = async (...words: string[]): Promise<void> => {
    await engine.run(...words);
  };
  const list = async (remote: string): Promise<Array<{ name: string; isFolder: boolean }>> => {
    const entries = await engine.list(remote);
    return entries
      .filter(({ name }) => name !== '.' && name !== '..')
      .map(({ name, longname }) => ({ name, isFolder: longname.startsWith('d') }));
  };
  const work: TreeWork = {
    upload: (local, remote) => engine.put(local, remote),
    download: (remote, local) => engine.get(remote, local),
    makeDirectory: (remote) => does('mkdir', remote),
    list,
  };
  const deleteTree = async (remote: string): Promise<void> => {
    for (const { name, isFolder } of await list(remote)) {
      if (isFolder) await deleteTree(`${remote}/${name}`);
      else await does('rm', `${remote}/${name}`);
    }
    await does('rmdir', remote);
  };
  return {
    upload: work.upload,
    download: work.download,
    list: async (remote) => (await list(remote)).map(({ name }) => name),
    delete: (remote) => does('rm', remote),
    uploadTree: (local, remote) => uploadTree(work, local, remote),
    downloadTree: (remote, local) => downloadTree(work, remote, local),
    resumeUpload: (local, remote) => engine.put(local, remote, true),
    resumeDownload: (remote, local) => engine.get(remote, local, true),
    rename: (from, to) => does('mv', from, to),
    makeDirectory: work.makeDirectory,
    deleteTree,
    chmod: (remote, mode) => does('chmod', mode.toString(8), remote),
  };
}

const { check, stage, bench } = testClient(driver);

check('goes no further with a host key that is not trusted', async (t) => {
  const { target } = await stage();
  const { server, local } = await target('password');
  const engine = await startEngine(t, { settings: join(local, 'putty'), folder: local });
  const { host, port } = server;
  const shown: string[] = [];
  const connecting = engine.connect({
    ...{ host, port, user: 'alice', password: 'never sent' },
    trusts: (hostKey) => {
      shown.push(hostKey);
      return false;
    },
  });
  await t.throwsAsync(connecting, { message: /Connection abandoned/ });
  t.deepEqual(shown, [`ssh-ed25519 255 ${server.fingerprints[0]}`]);
  return undefined;
});

check('is refused with a wrong password', async (t) => {
  const { target } = await stage();
  const { server, local } = await target('password');
  const engine = await startEngine(t, { settings: join(local, 'putty'), folder: local });
  const { host, port } = server;
  const connecting = engine.connect({ host, port, user: 'alice', password: 'wrong', trusts: () => true });
  await t.throwsAsync(connecting, { any: true });
  return undefined;
});

check('finds type, size, permissions, owner and time in a listing', async (t) => {
  const { session, disk, remote } = await bench(t);
  await session.makeDirectory?.(`${remote}/folder`);
  await writeFile(join(disk, 'file'), 'seven!!');
  await chmod(join(disk, 'file'), 0o640);
  await utimes(join(disk, 'file'), 1_234_567_890, 1_234_567_890);
  await symlink('file', join(disk, 'link'));
  const { target } = await stage();
  const entries = await (await connected(t, await target('key'))).list(remote);
  const longnames = Object.fromEntries(entries.map(({ name, longname }) => [name, longname]));
  t.regex(longnames['file'] ?? '', /^-rw-r----- +1 alice +alice +7 Feb 1[34] +2009 file$/);
  t.regex(longnames['folder'] ?? '', /^drwx[rwx-]{6} +\d+ alice +alice +\d+ .* folder$/);
  t.regex(longnames['link'] ?? '', /^lrwxrwxrwx +1 alice +alice +4 .* link/);
  t.is(entries.find(({ name }) => name === 'file')?.mtimeSeconds, 1_234_567_890);
  return undefined;
});

check('gives a one-time code after the password, and a new password where it must be changed', async (t) => {
  const { server, logins, target } = await setStage(t);
  const factor = await giveSecondFactor(server, { mustChange: true });
  const answers = [logins.password.password, factor.code(), 'brand new', 'brand new'];
  const engine = await connected(t, await target('password'), { answers });
  t.deepEqual(await sessionOf(engine).list('/'), []);
  return undefined;
});
