// Whole folders up and down, and what must not happen on the way.

import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Session } from '../../src/client/session.ts';
import type { TransferFailure } from '../../src/client/transfer.ts';
import { downloadTree } from '../../src/client/tree-transfer.ts';
import { encodeBytes } from '../../src/model/bytes.ts';
import type { Attributes } from '../../src/model/entry.ts';
import { FileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { ROOT } from '../../src/model/path.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { openDesk } from './desk.ts';

const ODD_NAMES = ['with space', '-rf', 'quote\'"', 'tab\there', 'line\nbreak', '*', 'ünï', '\udcff raw byte', '..a'];

function bytes(...parts: string[]): Buffer {
  return encodeBytes(join(...parts));
}

/** Every path below a folder with its content, as bytes, so that odd names compare. */
async function contents(folder: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    const name = entry.name.toString('latin1');
    if (entry.isDirectory()) {
      found.set(`${name}/`, '');
      for (const [inner, content] of await contents(path)) found.set(`${name}/${inner}`, content);
    } else found.set(name, await readFile(path, 'utf8'));
  }
  return new Map([...found].sort());
}

async function makeTree(root: string): Promise<void> {
  await mkdir(join(root, 'deep', 'er', 'empty'), { recursive: true });
  for (const name of ODD_NAMES) await writeFile(bytes(root, name), `content of ${encodeBytes(name).toString('hex')}`);
  for (let index = 0; index < 40; index += 1) await writeFile(join(root, 'deep', 'er', `${index}`), `${index}`);
}

test('tree: a folder with odd names goes up and comes down as it was', async (t) => {
  const { client, home, here } = await openDesk(t);
  await mkdir(join(here, 'tree'));
  await makeTree(join(here, 'tree'));
  const files = ODD_NAMES.length + 40;
  const up = await client.upload(join(here, 'tree'), 'copy', { recursive: true });
  t.deepEqual([up.files, up.failures], [files, 0]);
  t.deepEqual(await contents(bytes(home, 'copy')), await contents(bytes(here, 'tree')));
  const down = await client.download('copy', join(here, 'back'), { recursive: true });
  t.deepEqual([down.files, down.failures], [files, 0]);
  t.deepEqual(await contents(bytes(here, 'back')), await contents(bytes(here, 'tree')));
});

test('tree: a folder is merged into one that is there', async (t) => {
  const { client, home, here } = await openDesk(t);
  await mkdir(join(home, 'copy'));
  await writeFile(join(home, 'copy', 'kept'), 'kept');
  await mkdir(join(here, 'tree'));
  await writeFile(join(here, 'tree', 'new'), 'new');
  await client.upload(join(here, 'tree'), 'copy', { recursive: true });
  t.deepEqual((await readdir(join(home, 'copy'))).sort(), ['kept', 'new']);
});

test('tree: links are left out and told, and the rest goes on', async (t) => {
  const { client, home, here } = await openDesk(t);
  await mkdir(join(here, 'tree'));
  await writeFile(join(here, 'tree', 'a'), 'a');
  await symlink('/etc', join(here, 'tree', 'outside'));
  const failures: TransferFailure[] = [];
  const onFailure = (failure: TransferFailure): number => failures.push(failure);
  const up = await client.upload(join(here, 'tree'), 'copy', { recursive: true, onFailure });
  t.deepEqual([up.files, up.failures, failures[0]?.path], [1, 1, join(here, 'tree', 'outside')]);
  t.deepEqual(await readdir(join(home, 'copy')), ['a']);

  await symlink('a', join(home, 'copy', 'link'));
  const down = await client.download('copy', join(here, 'back'), { recursive: true, onFailure });
  t.deepEqual([down.files, down.failures, failures[1]?.path], [1, 1, '/copy/link']);
  t.deepEqual(await readdir(join(here, 'back')), ['a']);
  await t.throwsAsync(client.upload(join(here, 'tree'), 'copy', { recursive: true }), { instanceOf: FileError });
});

test('tree: delete takes a folder with all in it, and links themselves', async (t) => {
  const { client, home, here } = await openDesk(t);
  await makeTree(home);
  await mkdir(join(home, 'kept'));
  await writeFile(join(home, 'kept', 'a'), 'a');
  await symlink('../../kept', join(home, 'deep', 'er', 'link'));
  await t.throwsAsync(client.delete('deep'), { instanceOf: FileError, message: /not empty/ });
  await client.delete('deep', { recursive: true });
  for (const name of ODD_NAMES) await client.delete(name);
  t.deepEqual([...(await contents(bytes(home))).keys()], ['kept/', 'kept/a']);
  t.deepEqual(await readdir(here), []);
});

test('tree: folders are made with those above them', async (t) => {
  const { client, home } = await openDesk(t);
  await client.makeDirectory('a/b/c', { parents: true });
  await client.makeDirectory('a/b/c', { parents: true });
  await writeFile(join(home, 'file'), '');
  await t.throwsAsync(client.makeDirectory('file/b', { parents: true }), { instanceOf: FileError });
  await t.throwsAsync(client.makeDirectory('x/y'), { instanceOf: FileError, message: /No such file/ });
  t.deepEqual([...(await contents(bytes(home))).keys()], ['a/', 'a/b/', 'a/b/c/', 'file']);
});

// WHAT WAS WRONG in many clients (CVE-2019-6111 of scp is the best known): a server sends names with "/" or "..", and
// the client writes outside of the folder that its user chose.
// HOW IT IS REACHED: a recursive download from a hostile server.
// THIS VERIFIES that such an entry is refused, told, and touches nothing, and that the honest ones still arrive.
test('tree: a server cannot name its way out of the chosen folder', async (t) => {
  const here = await temporaryFolder(t);
  const attributes: Attributes = {
    kind: 'file',
    mode: 0o100644,
    sizeBytes: 4,
    uid: 0,
    gid: 0,
    linkCount: 1,
    accessedMs: 0,
    modifiedMs: 0,
  };
  const names = ['../evil', '..', '.', '', '/etc/evil', 'a/b', 'nul\0', '../../../../tmp/evil'];
  const batches = [names.map((name) => ({ name, attributes: { ...attributes, kind: 'directory' as const } })), []];
  const hostile = {
    list: async () => ({
      path: ROOT,
      read: async () => batches.shift() ?? [],
      stat: async () => attributes,
      close: async () => {},
    }),
  } as unknown as Files;
  const told: string[] = [];
  const target = join(here, 'target');
  const result = await downloadTree(
    { files: hostile, session: {} as Session },
    { local: target, remote: ROOT },
    { onFailure: ({ error }) => told.push(error.code) },
  );
  t.deepEqual([result.files, result.failures], [0, names.length]);
  t.true(told.every((code) => code === 'invalid-path'));
  t.deepEqual(await readdir(here), ['target']);
  t.deepEqual(await readdir(target), []);
});
