// FileZilla's engine, the program fzsftp (PuTTY's psftp, much changed), driven as FileZilla drives it. The program with
// its windows is in filezilla.test.ts.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../helpers/program.ts';
import type { ClientDriver, ClientSession, Lifetime, Target } from './driver.ts';
import { type Engine, startEngine } from './filezilla-engine.ts';
import { testClient } from './matrix.ts';
import { linesOf } from './must-run.ts';
import { downloadTree, type TreeWork, uploadTree } from './programs/trees.ts';

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

async function connected(t: Lifetime, { server, login, local, rekeyBytes }: Target): Promise<Engine> {
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

testClient(driver);
