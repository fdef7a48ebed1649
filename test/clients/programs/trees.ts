// Trees for client libraries that carry single files only: the walk that every user of such a library writes.

import { mkdir, readdir } from 'node:fs/promises';
import { decodeBytes, encodeBytes } from '../../../src/model/bytes.ts';

export interface TreeWork {
  upload(local: string, remote: string): Promise<void>;
  download(remote: string, local: string): Promise<void>;
  makeDirectory(remote: string): Promise<void>;
  list(remote: string): Promise<Array<{ readonly name: string; readonly isFolder: boolean }>>;
}

export async function uploadTree(work: TreeWork, local: string, remote: string): Promise<void> {
  await work.makeDirectory(remote);
  const entries = await readdir(encodeBytes(local), { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries) {
    const name = decodeBytes(entry.name);
    if (entry.isDirectory()) await uploadTree(work, `${local}/${name}`, `${remote}/${name}`);
    else await work.upload(`${local}/${name}`, `${remote}/${name}`);
  }
}

export async function downloadTree(work: TreeWork, remote: string, local: string): Promise<void> {
  await mkdir(encodeBytes(local));
  for (const { name, isFolder } of await work.list(remote)) {
    if (isFolder) await downloadTree(work, `${remote}/${name}`, `${local}/${name}`);
    else await work.download(`${remote}/${name}`, `${local}/${name}`);
  }
}
