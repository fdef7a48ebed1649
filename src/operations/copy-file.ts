// Copies one file inside the server, through the same open files that everybody uses.

import type { OpenFile } from '../model/files.ts';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies all of `source` over `target`, sets its size, and resolves to the bytes copied. The target is not emptied
 * first: when both are names of one file, that file keeps its content.
 */
export async function copyFile(source: OpenFile, target: OpenFile): Promise<number> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let offset = 0;
  for (;;) {
    const bytes = await source.read(chunk, offset);
    if (bytes === 0) break;
    await target.write(chunk.subarray(0, bytes), offset);
    offset += bytes;
  }
  await target.setAttributes({ sizeBytes: offset });
  return offset;
}
