// The files that are moved: bytes that do not compress, made once, and trees of small files.

import { randomFillSync } from 'node:crypto';
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Writes a file of that many random bytes. */
export async function makeFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes));
    for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
      await file.writeFile(randomFillSync(chunk).subarray(0, Math.min(left, CHUNK_BYTES)));
    }
  } finally {
    await file.close();
  }
}

/** A folder of `count` files of `bytes` each, named so that they sort as they were made. */
export async function makeTree(folder: string, count: number, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const content = randomFillSync(Buffer.alloc(bytes));
  for (let index = 0; index < count; index++) {
    await writeFile(join(folder, `file-${String(index).padStart(6, '0')}.bin`), content, { mode: 0o600 });
  }
}

/** Whether two files hold the same bytes. */
export async function areSame(path: string, other: string): Promise<boolean> {
  if ((await stat(path)).size !== (await stat(other)).size) return false;
  const files = [await open(path), await open(other)] as const;
  try {
    const chunks = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)] as const;
    for (;;) {
      const [left, right] = await Promise.all([files[0].read(chunks[0]), files[1].read(chunks[1])]);
      if (left.bytesRead === 0) return right.bytesRead === 0;
      if (!chunks[0].subarray(0, left.bytesRead).equals(chunks[1].subarray(0, right.bytesRead))) return false;
    }
  } finally {
    for (const file of files) await file.close();
  }
}

/** Throws unless a transfer moved what it should. The bytes are compared in the first round, the size in all. */
export async function checkArrived(path: string, source: string, round: number): Promise<void> {
  const isWhole = round === 0 ? await areSame(path, source) : (await stat(path)).size === (await stat(source)).size;
  if (!isWhole) throw new Error(`${path} is not what was sent`);
}
