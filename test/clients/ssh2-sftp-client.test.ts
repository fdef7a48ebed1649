// ssh2-sftp-client, what Node's own programs and CI actions upload with. It runs in this process.

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import SftpClient from 'ssh2-sftp-client';
import { fingerprintOf } from '../../src/client/host-key.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';

async function connect(t: Lifetime, { server, login }: Target): Promise<SftpClient> {
  const client = new SftpClient();
  const secret =
    login.method === 'password'
      ? { password: login.password }
      : { privateKey: await readFile(login.privateKeyFile, 'utf8') };
  await client.connect({
    host: server.host,
    port: server.port,
    username: 'alice',
    hostVerifier: (key: Buffer) => server.fingerprints.some((line) => line.includes(fingerprintOf(key))),
    ...secret,
  });
  t.teardown(() => client.end());
  return client;
}

function versionOf(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}

const driver: ClientDriver = {
  name: 'ssh2-sftp-client',
  programs: {},
  version: async () => `ssh2-sftp-client ${versionOf('ssh2-sftp-client')}, ssh2 ${versionOf('ssh2')}`,
  logins: ['password', 'key'],
  open: async (t, target) => {
    const client = await connect(t, target);
    const ends = (work: Promise<unknown>): Promise<void> => work.then(() => undefined);
    return {
      upload: (local, remote) => ends(client.fastPut(local, remote)),
      download: (remote, local) => ends(client.fastGet(remote, local)),
      list: async (remote) => (await client.list(remote)).map(({ name }) => name),
      delete: (remote) => ends(client.delete(remote)),
      uploadTree: (local, remote) => ends(client.uploadDir(local, remote)),
      downloadTree: (remote, local) => ends(client.downloadDir(remote, local)),
      resumeUpload: async (local, remote) => {
        const { size } = await client.stat(remote);
        const rest = (await readFile(local)).subarray(size);
        await client.append(Readable.from([rest]), remote);
      },
      resumeDownload: async (remote, local) => {
        const { size } = await stat(local);
        const target = createWriteStream(local, { flags: 'a' });
        await client.get(remote, target, { readStreamOptions: { start: size } as object });
      },
      rename: (from, to) => ends(client.posixRename(from, to)),
      makeDirectory: (remote) => ends(client.mkdir(remote)),
      deleteTree: (remote) => ends(client.rmdir(remote, true)),
      chmod: (remote, mode) => ends(client.chmod(remote, mode)),
    };
  },
  unableNames: { 'not UTF-8': 'the ssh2 package reads names as UTF-8 only: other bytes become U+FFFD' },
  renamesOver: true,
};

const { stage, check, bench } = testClient(driver);

async function client(t: Lifetime): Promise<SftpClient> {
  return connect(t, await (await stage()).target());
}

const content = randomBytes(700_001);

check('put and get carry buffers', async (t) => {
  const { remote } = await bench(t);
  const sftp = await client(t);
  await sftp.put(content, `${remote}/file`);
  t.deepEqual(await sftp.get(`${remote}/file`), content);
  return undefined;
});

check('put takes a stream, and append goes on', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  await sftp.put(Readable.from([content, Buffer.from('tail')]), `${remote}/file`);
  await sftp.append(Buffer.from(' and more'), `${remote}/file`);
  t.deepEqual(await readFile(join(disk, 'file')), Buffer.concat([content, Buffer.from('tail and more')]));
  return undefined;
});

check('exists tells folders, files and nothing apart', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  await writeFile(join(disk, 'file'), '');
  t.is(await sftp.exists(remote), 'd');
  t.is(await sftp.exists(`${remote}/file`), '-');
  t.is(await sftp.exists(`${remote}/missing`), false);
  return undefined;
});

check('mkdir makes all folders of a path', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  await sftp.mkdir(`${remote}/a/b/c`, true);
  await sftp.mkdir(`${remote}/a/b/c`, true);
  t.true((await stat(join(disk, 'a/b/c'))).isDirectory());
  return undefined;
});

check('rcopy copies within the server, through itself', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  await writeFile(join(disk, 'file'), content);
  await sftp.rcopy(`${remote}/file`, `${remote}/copy`);
  t.deepEqual(await readFile(join(disk, 'copy')), content);
  return undefined;
});

check('a plain rename does not replace', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  await writeFile(join(disk, 'one'), '1');
  await writeFile(join(disk, 'two'), '2');
  await t.throwsAsync(sftp.rename(`${remote}/one`, `${remote}/two`));
  t.deepEqual((await readdir(disk)).sort(), ['one', 'two']);
  return undefined;
});

check('lists type, size, rights and owner in its entries', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  await writeFile(join(disk, 'file'), 'content', { mode: 0o640 });
  const [entry] = await sftp.list(remote);
  t.is(entry?.type, '-');
  t.is(entry?.size, 7);
  t.deepEqual(entry?.rights, { user: 'rw', group: 'r', other: '' });
  return undefined;
});

check('fifty files at once over one session', async (t) => {
  const { remote, disk } = await bench(t);
  const sftp = await client(t);
  const names = Array.from({ length: 50 }, (_, index) => `file ${index}`);
  await Promise.all(names.map((name) => sftp.put(Buffer.from(name.repeat(5000)), `${remote}/${name}`)));
  t.is((await readdir(disk)).length, names.length);
  for (const name of names) t.is(await readFile(join(disk, name), 'utf8'), name.repeat(5000));
  return undefined;
});
