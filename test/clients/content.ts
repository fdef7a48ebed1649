// Files and trees for clients to carry, and what became of them. Names are as src/model/bytes.ts writes them.

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeBytes, encodeBytes } from '../../src/model/bytes.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Writes a file of random bytes; resolves to its SHA-256. */
export async function writeRandom(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  try {
    for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
      const chunk = randomBytes(Math.min(left, CHUNK_BYTES));
      hash.update(chunk);
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** The SHA-256 of a file. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(encodeBytes(path))) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Path within the tree -> content; a path that ends in "/" is an empty folder. */
export type Tree = Readonly<Record<string, string>>;

/** Makes the tree in `folder`, which may be there. */
export async function writeTree(folder: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const whole = `${folder}/${path}`;
    await mkdir(encodeBytes(path.endsWith('/') ? whole : dirname(whole)), { recursive: true });
    if (!path.endsWith('/')) await writeFile(encodeBytes(whole), content);
  }
}

/** The tree that lies in `folder`. */
export async function readTree(folder: string): Promise<Tree> {
  const tree: Record<string, string> = {};
  await readInto(tree, folder, '');
  return tree;
}

async function readInto(tree: Record<string, string>, folder: string, within: string): Promise<void> {
  const entries = await readdir(encodeBytes(`${folder}/${within}`), { withFileTypes: true, encoding: 'buffer' });
  if (entries.length === 0 && within !== '') tree[within] = '';
  for (const entry of entries) {
    const path = within + decodeBytes(entry.name);
    if (entry.isDirectory()) await readInto(tree, folder, `${path}/`);
    else tree[path] = await contentOf(`${folder}/${path}`);
  }
}

/** What a file of `writeTree` holds; its hash when it is long, so that a failed comparison stays readable. */
async function contentOf(path: string): Promise<string> {
  const file = await open(encodeBytes(path));
  try {
    const content = await file.readFile();
    return content.length > 100 ? `sha256 ${createHash('sha256').update(content).digest('hex')}` : decodeBytes(content);
  } finally {
    await file.close();
  }
}
