// The grounds of the race tests: a tree in which a thread swaps a folder and a file with links that lead out, and every
// operation to be tried against it.

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';
import type { OpenOptions } from '../../src/model/files.ts';
import { parsePath, type VirtualPath } from '../../src/model/path.ts';
import type { Permit, Storage } from '../../src/storage/storage.ts';
import type { FlipOrder } from './flip.ts';

/** Stands in every name and content outside the tree, so that an answer from there shows itself. */
export const SECRET = 'SECRET';

const allow: Permit = () => undefined;

/** Fills the tree at `inside`, and what links will lead to at `outside`. */
export async function fillGrounds({ inside, outside }: { inside: string; outside: string }): Promise<void> {
  for (const place of [join(inside, 'swap'), outside]) {
    await mkdir(join(place, 'empty'), { recursive: true });
    await mkdir(join(place, 'folder'), { recursive: true });
  }
  await writeFile(join(outside, 'target'), SECRET.repeat(100));
  await writeFile(join(outside, `folder/${SECRET}`), SECRET);
  await symlink(SECRET, join(outside, 'link'));
  await symlink('harmless', join(inside, 'swap/link'));
  await writeFile(join(inside, 'swap/target'), 'inside');
  await writeFile(join(inside, 'file'), 'inside');
}

/** Swaps until the test ends; resolves to where the swaps are counted. */
export function startFlipping(
  t: ExecutionContext,
  order: Omit<FlipOrder, 'flips' | 'stop'>,
  script = './flip.js',
): Int32Array {
  const flips = new Int32Array(new SharedArrayBuffer(4));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(script, import.meta.url), { workerData: { ...order, flips, stop } });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve());
  });
  t.teardown(async () => {
    Atomics.store(stop, 0, 1);
    await ended;
  });
  return flips;
}

export async function readText(storage: Storage, path: VirtualPath): Promise<string> {
  const file = await storage.open(path, { read: true }, allow);
  try {
    const content = Buffer.alloc(1000);
    return content.toString('latin1', 0, await file.read(content, 0));
  } finally {
    await file.close();
  }
}

export async function writeText(storage: Storage, path: VirtualPath, options: OpenOptions): Promise<void> {
  const file = await storage.open(path, { write: true, ...options }, allow);
  await file.write(Buffer.from('written'), 0);
  await file.close();
}

async function listText(storage: Storage, path: VirtualPath): Promise<string> {
  const directory = await storage.list(path, allow);
  try {
    return JSON.stringify(await directory.read(100));
  } finally {
    await directory.close();
  }
}

const both = { from: allow, to: allow };
const times = { accessedMs: 1000, modifiedMs: 2000 };

/** What is tried in the tree at `base`; `n` makes names that are new each time. What it answers must not hold a secret. */
export function attacksOn(base: string): Readonly<Record<string, (storage: Storage, n: number) => Promise<unknown>>> {
  const at = (path: string): VirtualPath => parsePath(`${base}${path}`);
  return {
    stat: (s) => s.stat(at('/swap/target'), true, allow),
    'stat of the last name': (s) => s.stat(at('/file'), true, allow),
    lstat: (s) => s.stat(at('/swap/target'), false, allow),
    list: (s) => listText(s, at('/swap/folder')),
    'list of the last name': (s) => listText(s, at('/swap')),
    read: (s) => readText(s, at('/swap/target')),
    'read of the last name': (s) => readText(s, at('/file')),
    write: (s) => writeText(s, at('/swap/target'), { create: true }),
    'write of the last name': (s) => writeText(s, at('/file'), { create: true }),
    truncate: (s) => writeText(s, at('/swap/target'), { truncate: true }),
    'truncate of the last name': (s) => writeText(s, at('/file'), { truncate: true }),
    append: (s) => writeText(s, at('/swap/target'), { append: true }),
    create: (s, n) => writeText(s, at(`/swap/new${n}`), { create: true }),
    'create exclusively': (s, n) => writeText(s, at(`/swap/own${n}`), { create: true, exclusive: true }),
    makeDirectory: (s, n) => s.makeDirectory(at(`/swap/folder${n}`), undefined, allow),
    setAttributes: (s) => s.setAttributes(at('/swap/target'), { mode: 0o777, sizeBytes: 1, times }, true, allow),
    'setAttributes of the last name': (s) =>
      s.setAttributes(at('/file'), { mode: 0o777, sizeBytes: 1, times }, true, allow),
    'setAttributes of a link': (s) => s.setAttributes(at('/swap/link'), { times }, false, allow),
    readLink: (s) => s.readLink(at('/swap/link'), allow),
    makeLink: (s, n) => s.makeLink(at(`/swap/link${n}`), 'x', allow),
    'makeHardLink out': (s, n) => s.makeHardLink(at('/swap/target'), at(`/got${n}`), { existing: allow, path: allow }),
    'makeHardLink in': (s, n) => s.makeHardLink(at('/file'), at(`/swap/put${n}`), { existing: allow, path: allow }),
    'rename in': async (s, n) => {
      await writeText(s, at(`/mine${n}`), { create: true });
      await s.rename(at(`/mine${n}`), at('/swap/target'), n % 2 === 0, both);
    },
    'rename out': async (s, n) => {
      await s.rename(at('/swap/target'), at(`/taken${n}`), true, both);
      return readText(s, at(`/taken${n}`));
    },
    'rename a folder': (s, n) => s.rename(at('/swap/folder'), at(`/swap/folder${n}`), false, both),
    remove: (s) => s.remove(at('/swap/target'), allow),
    removeDirectory: (s) => s.removeDirectory(at('/swap/empty'), allow),
  };
}
