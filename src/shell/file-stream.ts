// Reading and writing whole files in big pieces: while one piece is written, the next is read.

import type { OpenFile } from '../model/files.ts';
import { PeerGone } from '../streams/peer-gone.ts';
import type { ByteInput } from './byte-input.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * Hands the file's content to `take`, piece by piece, up to `limit` bytes. Each piece is a new buffer: streams keep what
 * is written to them, some for longer than they say.
 */
export async function readPieces(
  file: OpenFile,
  signal: AbortSignal,
  take: (piece: Uint8Array) => Promise<void> | void,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<void> {
  let offset = 0;
  const read = async (): Promise<Buffer> => {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, limit - offset));
    const length = piece.length === 0 ? 0 : await file.read(piece, offset);
    offset += length;
    return piece.subarray(0, length);
  };
  let piece = await read();
  while (piece.length > 0) {
    signal.throwIfAborted();
    const [next] = await Promise.all([read(), take(piece)]);
    piece = next;
  }
}

/** Writes all input to the file. When the input breaks off, what arrived is written before PeerGone is thrown. */
export async function writeInput(input: ByteInput, file: OpenFile, signal: AbortSignal): Promise<void> {
  let offset = 0;
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  let failed: unknown;

  const write = async (): Promise<void> => {
    await writing;
    if (failed !== undefined) throw failed;
    const piece = gathered.length === 1 ? (gathered[0] ?? Buffer.alloc(0)) : Buffer.concat(gathered);
    const at = offset;
    offset += gatheredBytes;
    gathered = [];
    gatheredBytes = 0;
    writing = file.write(piece, at).catch((error: unknown) => {
      failed = error;
    });
  };

  let broken: unknown;
  for (;;) {
    let chunk: Buffer | undefined;
    try {
      chunk = await input.read(signal);
    } catch (error) {
      broken = error;
      chunk = input.arrived();
    }
    if (chunk === undefined) break;
    gathered.push(chunk);
    gatheredBytes += chunk.length;
    if (gatheredBytes >= PIECE_BYTES) await write();
  }
  if (gatheredBytes > 0) await write();
  await writing;
  if (failed !== undefined) throw failed;
  if (broken !== undefined) throw broken instanceof Error ? broken : new PeerGone('the input broke off');
}
