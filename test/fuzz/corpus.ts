// The inputs of a target on the disk: test/corpus/TARGET, one file each, named by its content.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository } from '../helpers/folder.ts';

function folderOf(target: string): string {
  return inRepository(`test/corpus/${target}`);
}

/** All inputs that were kept, in the order of their names. */
export async function readCorpus(target: string): Promise<{ name: string; input: Buffer }[]> {
  const folder = folderOf(target);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(names.toSorted().map(async (name) => ({ name, input: await readFile(join(folder, name)) })));
}

/** Keeps an input. `kind` tells those that once broke something from those that only reach code. */
export async function keep(target: string, input: Buffer, kind: 'reaches' | 'broke'): Promise<string> {
  const name = `${kind}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
  await mkdir(folderOf(target), { recursive: true });
  await writeFile(join(folderOf(target), name), input);
  return `test/corpus/${target}/${name}`;
}
