// What a power cut leaves is settled by the order of a few system calls: these tests watch it. A kill shows nothing of
// it, as the kernel's memory survives that.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Storage } from '../../src/storage/storage.ts';
import type { SyncPolicy, UploadMode } from '../../src/storage/upload-policy.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const calls: string[] = [];

function nameOf(path: unknown): string {
  const name = basename(String(path));
  return name.startsWith('.sshome-upload.') ? 'temporary' : name;
}

/** Not a descriptor that only holds a place (O_PATH): nothing can be written by it, nor synced. */
function isOpenFile(descriptor: number): boolean {
  if (!fs.fstatSync(descriptor).isFile()) return false;
  try {
    fs.fdatasyncSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

const { fsync, close, closeSync, linkSync, renameSync } = fs;
Object.assign(fs, {
  fsync: (...words: Parameters<typeof fsync>) => {
    calls.push(fs.fstatSync(words[0]).isDirectory() ? 'sync folder' : 'sync file');
    fsync(...words);
  },
  close: (...words: Parameters<typeof close>) => {
    if (isOpenFile(words[0])) calls.push('close file');
    close(...words);
  },
  // The same calls where they are made at once, as the disk is prompt.
  closeSync: (descriptor: number) => {
    if (isOpenFile(descriptor)) calls.push('close file');
    closeSync(descriptor);
  },
  linkSync: (from: fs.PathLike, to: fs.PathLike) => {
    calls.push(`link ${nameOf(from)} ${nameOf(to)}`);
    linkSync(from, to);
  },
  renameSync: (from: fs.PathLike, to: fs.PathLike) => {
    calls.push(`rename ${nameOf(from)} ${nameOf(to)}`);
    renameSync(from, to);
  },
});
const { link, rename } = fs.promises;
Object.assign(fs.promises, {
  link: (...words: Parameters<typeof link>) => {
    calls.push(`link ${nameOf(words[0])} ${nameOf(words[1])}`);
    return link(...words);
  },
  rename: (...words: Parameters<typeof rename>) => {
    calls.push(`rename ${nameOf(words[0])} ${nameOf(words[1])}`);
    return rename(...words);
  },
});
syncBuiltinESMExports();

// Only now: the storage takes some of these calls when it is loaded.
const { openHome } = await import('../../src/storage/home.ts');
const { parsePath } = await import('../../src/model/path.ts');
const { freeTurns } = await import('../../src/storage/turns.ts');
const { createActiveUploads } = await import('../../src/storage/active-uploads.ts');

async function home(t: ExecutionContext, mode: UploadMode, sync: SyncPolicy): Promise<Storage> {
  const storage = await openHome({
    homesDirectory: await temporaryFolder(t),
    user: 'alice',
    jail: 'held',
    partsOn: () => ({
      uploads: { mode, sync, keepMs: 0 },
      active: createActiveUploads(),
      turns: freeTurns(),
      onClose: () => undefined,
    }),
  });
  t.teardown(() => storage.close());
  return storage;
}

/** The calls that an upload makes when it is closed. */
async function callsOfClose(storage: Storage): Promise<string[]> {
  const file = await storage.open(parsePath('/a'), { write: true, create: true, truncate: true }, () => undefined);
  await file.write(Buffer.from('content'), 0);
  calls.length = 0;
  await file.close();
  return [...calls];
}

test.serial(
  'sync order: an atomic upload is on the disk before it has its name, and that before the answer',
  async (t) => {
    const storage = await home(t, 'atomic', 'client');
    t.deepEqual(await callsOfClose(storage), ['sync file', 'close file', 'link temporary a', 'sync folder']);
    t.deepEqual(await callsOfClose(storage), ['sync file', 'close file', 'rename temporary a', 'sync folder']);
  },
);

test.serial('sync order: with fsync off an atomic upload only gets its name', async (t) => {
  const storage = await home(t, 'atomic', 'off');
  t.deepEqual(await callsOfClose(storage), ['close file', 'link temporary a']);
  t.deepEqual(await callsOfClose(storage), ['close file', 'rename temporary a']);
});

test.serial('sync order: at close a new file is synced, and its folder; one that was there alone', async (t) => {
  const storage = await home(t, 'in-place', 'close');
  t.deepEqual(await callsOfClose(storage), ['sync file', 'close file', 'sync folder']);
  t.deepEqual(await callsOfClose(storage), ['sync file', 'close file']);
});

test.serial('sync order: unless it is asked for, a file in place is not synced', async (t) => {
  const storage = await home(t, 'in-place', 'client');
  t.deepEqual(await callsOfClose(storage), ['close file']);
});
