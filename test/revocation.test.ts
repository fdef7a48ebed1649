// Rights that are taken away in the middle of transfers, over real connections: each is cut off at once, and says why.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Client, SFTPWrapper } from 'ssh2';
import { type RuledServer, startServer } from './helpers/server.ts';
import { closed, login, run } from './helpers/ssh-client.ts';
import { connectAlice } from './helpers/sshome-client.ts';
import { until } from './helpers/until.ts';

const OWNER = '';
const LOOKING = 'users: { alice: { roles: [looking] } }\nroles: { looking: { rules: [{ path: /, allow: [list] }] } }\n';
const BLIND = 'users: { alice: { roles: [blind] } }\nroles: { blind: { rules: [{ path: /x, allow: [list] }] } }\n';
/** SSH_FX_PERMISSION_DENIED */
const DENIED = { code: 3 };

function sftpOf(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
}

/** Calls a method of ssh2's client that ends with a callback. */
function call<T>(run: (done: (error: Error | null | undefined, result?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))));
}

/** Repeats `step` until it fails, as a transfer does, and resolves to how it failed. */
async function untilItFails(step: (index: number) => Promise<unknown>): Promise<unknown> {
  let failure: unknown;
  let index = 0;
  await until(async () => {
    try {
      await step(index);
      index += 1;
      return false;
    } catch (error) {
      failure = error;
      return true;
    }
  });
  return failure;
}

async function withHandle(
  t: ExecutionContext,
  open: (sftp: SFTPWrapper) => Promise<Buffer | undefined>,
): Promise<{ server: RuledServer; sftp: SFTPWrapper; handle: Buffer; home: string }> {
  const server = await startServer(t, {}, OWNER);
  const home = await server.homeOf('alice');
  await writeFile(join(home, 'file'), Buffer.alloc(1_000_000, 'x'));
  const sftp = await sftpOf(await login(t, server, 'alice'));
  const handle = await open(sftp);
  if (handle === undefined) throw new Error('no handle');
  return { server, sftp, handle, home };
}

test('revocation: an upload over SFTP fails in the middle, its close too, and the session goes on', async (t) => {
  t.timeout(60_000);
  const { server, sftp, handle, home } = await withHandle(t, (client) => call((done) => client.open('new', 'w', done)));
  const chunk = Buffer.alloc(1000, 'y');
  const write = (index: number): Promise<unknown> =>
    call((done) => sftp.write(handle, chunk, 0, chunk.length, index * chunk.length, done));
  await write(0);
  await server.setRules(LOOKING);
  t.like(await untilItFails(write), DENIED);
  await t.throwsAsync(
    call((done) => sftp.close(handle, done)),
    DENIED,
  );
  t.true((await readFile(join(home, 'new'))).length >= chunk.length);
  t.truthy(await call((done) => sftp.stat('file', done)));
  await until(async () => (await server.records()).some(({ event }) => event === 'file.upload'));
  const record = (await server.records()).find(({ event }) => event === 'file.upload');
  t.like(record, { path: '/new', outcome: 'permission-denied' });
});

test('revocation: a download over SFTP fails in the middle', async (t) => {
  t.timeout(60_000);
  const { server, sftp, handle } = await withHandle(t, (client) => call((done) => client.open('file', 'r', done)));
  const target = Buffer.alloc(1000);
  const read = (index: number): Promise<unknown> =>
    call((done) => sftp.read(handle, target, 0, target.length, (index % 100) * target.length, done));
  await read(0);
  await server.setRules(LOOKING);
  t.like(await untilItFails(read), DENIED);
});

test('revocation: a folder that is read over SFTP tells nothing more', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, OWNER);
  const home = await server.homeOf('alice');
  // Long names: one reply does not hold those that the server reads at a time.
  const files = Array.from({ length: 300 }, (_, index) => join(home, `${index}-${'n'.repeat(150)}`));
  await Promise.all(files.map((file) => writeFile(file, '')));
  const sftp = await sftpOf(await login(t, server, 'alice'));
  const handle = await call<Buffer>((done) => sftp.opendir('/', done));
  t.truthy(handle);
  const first = await call<unknown[]>((done) => sftp.readdir(handle ?? '', done));
  t.true((first ?? []).length < 256);
  await server.setRules(BLIND);
  // Looking at something is how the test learns that the rules count now.
  t.like(await untilItFails(() => call((done) => sftp.stat('0', done)).catch(passNotFound)), DENIED);
  await t.throwsAsync(
    call((done) => sftp.readdir(handle ?? '', done)),
    DENIED,
  );
});

function passNotFound(error: Error & { code?: number }): void {
  if (error.code !== 2) throw error;
}

test('revocation: a download by a command ends with an error in the middle', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, OWNER);
  // More than the buffers on the way hold: the server must wait for the client to take it.
  const sizeBytes = 64 * 1024 * 1024;
  await writeFile(join(await server.homeOf('alice'), 'file'), Buffer.alloc(sizeBytes));
  const client = await login(t, server, 'alice');
  const result = await new Promise<{ bytes: number; status: number; errors: string }>((resolve, reject) => {
    client.exec('download file', (error, channel) => {
      if (error) return reject(error);
      let bytes = 0;
      let errors = '';
      let status = -1;
      channel.once('data', async (chunk: Buffer) => {
        bytes += chunk.length;
        channel.pause();
        await server.setRules(LOOKING);
        await rulesCount(server);
        channel.on('data', (more: Buffer) => {
          bytes += more.length;
        });
        channel.resume();
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        errors += String(chunk);
      });
      channel.on('exit', (code: number) => {
        status = code;
      });
      channel.on('close', () => resolve({ bytes, status, errors }));
    });
  });
  t.is(result.status, 1);
  t.true(result.bytes < sizeBytes);
  t.regex(result.errors, /download: file: Permission denied: the right to it was taken away/);
});

/** The server has logged that it decides by the new rules. */
async function rulesCount(server: RuledServer): Promise<void> {
  await until(async () => (await server.records()).some(({ message }) => message === 'the rules have changed'));
}

const PART_BYTES = 1024 * 1024;

async function lengthOf(file: string): Promise<number> {
  return (await readFile(file).catch(() => Buffer.alloc(0))).length;
}

test('revocation: an upload by a command ends with an error in the middle', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, OWNER);
  const home = await server.homeOf('alice');
  const client = await login(t, server, 'alice');
  const done = new Promise<{ status: number; errors: string }>((resolve, reject) => {
    client.exec('upload new', (error, channel) => {
      if (error) return reject(error);
      let errors = '';
      let status = -1;
      channel.stderr.on('data', (chunk: Buffer) => {
        errors += String(chunk);
      });
      channel.on('exit', (code: number) => {
        status = code;
      });
      channel.on('close', () => resolve({ status, errors }));
      channel.resume();
      channel.write(Buffer.alloc(PART_BYTES));
      const cutOff = async (): Promise<void> => {
        await until(async () => (await lengthOf(join(home, 'new'))) > 0);
        await server.setRules(LOOKING);
        await rulesCount(server);
        channel.end(Buffer.alloc(PART_BYTES));
      };
      cutOff().catch(reject);
    });
  });
  const { status, errors } = await done;
  t.is(status, 1);
  t.regex(errors, /upload: new: Permission denied: the right to it was taken away/);
  t.true((await lengthOf(join(home, 'new'))) <= PART_BYTES);
});

test('revocation: an upload by the client fails, and says so', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, OWNER);
  const home = await server.homeOf('alice');
  const client = await connectAlice(t, server);
  async function* endless(): AsyncGenerator<Buffer> {
    for (let index = 0; index < 1_000_000; index += 1) {
      yield Buffer.alloc(10_000);
      if (index === 1) await server.setRules(LOOKING);
      // Not faster than the disk: it goes on until it is cut off.
      await delay(1);
    }
  }
  await t.throwsAsync(client.upload(Readable.from(endless()), '/new'), { code: 'permission-denied' });
  t.true((await readFile(join(home, 'new'))).length > 0);
});

test('revocation: rights that stay are not touched: a transfer goes on through a change of rules', async (t) => {
  t.timeout(60_000);
  const { server, sftp, handle } = await withHandle(t, (client) => call((done) => client.open('file', 'r', done)));
  await server.setRules('users: { alice: { roles: [viewer] } }\n');
  await rulesCount(server);
  const target = Buffer.alloc(1000);
  t.is(await call((done) => sftp.read(handle, target, 0, 1000, 0, done)), 1000);
  const other = await login(t, server, 'bob');
  t.is((await run(other, 'upload x', 'text')).status, 0);
});

test('revocation: who is removed is out, in the middle of a transfer', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, {}, OWNER);
  const client = await login(t, server, 'alice');
  const sftp = await sftpOf(client);
  const handle = await call<Buffer>((done) => sftp.open('new', 'w', done));
  await call((done) => sftp.write(handle ?? Buffer.alloc(0), Buffer.from('x'), 0, 1, 0, done));
  const gone = closed(client);
  await writeFile(server.credentials, 'bob:b\n', { mode: 0o600 });
  await gone;
  await until(async () => (await server.records()).some(({ event }) => event === 'file.upload'));
  t.like(
    (await server.records()).find(({ event }) => event === 'file.upload'),
    { outcome: 'cancelled', bytes: 1 },
  );
});
