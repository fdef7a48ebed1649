// check-file-name and check-file-handle: digests of a file or a part of it, so that a client can check what it has
// without fetching it (draft-ietf-secsh-filexfer-extensions-00, section 3).

import { createHash } from 'node:crypto';
import { FileError } from '../../model/error.ts';
import type { OpenFile } from '../../model/files.ts';
import { parsePath } from '../../model/path.ts';
import { MAX_DATA_BYTES, STATUS } from '../codec/constants.ts';
import type { RangeToHash } from '../codec/requests.ts';
import { digestsResponse } from '../codec/responses.ts';
import { type Handler, looking, reading } from '../context.ts';
import { StatusError } from '../status.ts';
import { exact } from './exact.ts';

/** By the names of the draft, which Node has for them too: how long a digest is. */
const DIGEST_BYTES: ReadonlyMap<string, number> = new Map([
  ['md5', 16],
  ['sha1', 20],
  ['sha224', 28],
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
]);

/** As the draft has it. */
const MIN_BLOCK_BYTES = 256;

/** Read and hashed at once, a fraction of a millisecond; between two pieces everybody else gets a turn. */
const PIECE_BYTES = 64 * 1024;

const ONE_BLOCK = Number.POSITIVE_INFINITY;

export const checkFile: Handler<'check-file'> = ({ files, handles, signal }, request) => {
  const { id, file, blockBytes } = request;
  const replyBytes = PIECE_BYTES + (blockBytes === 0 ? 0 : MAX_DATA_BYTES);
  if (file.by === 'name') {
    return looking(async (letOthersGo) => {
      const opened = await files.open(parsePath(file.path), { read: true });
      try {
        // What comes later need not wait for minutes: it is no more in the way of this file than another session is.
        letOthersGo();
        return digestsResponse(id, { ...(await digestsOf(opened, request, signal)), named: false });
      } finally {
        await opened.close();
      }
    }, replyBytes);
  }
  const handle = handles.file(file.handle);
  const run = async (): Promise<Buffer> => {
    if (!handle.readable) throw new FileError('permission-denied', { detail: 'the file is not open for reading' });
    return digestsResponse(id, { ...(await digestsOf(handle.file, request, signal)), named: file.named });
  };
  return reading(handle, run, replyBytes);
};

async function digestsOf(
  file: OpenFile,
  range: RangeToHash,
  signal: AbortSignal,
): Promise<{ readonly algorithm: string; readonly digests: readonly Buffer[] }> {
  const algorithm = range.algorithms.split(',').find((name) => DIGEST_BYTES.has(name));
  const digestBytes = DIGEST_BYTES.get(algorithm ?? '');
  if (algorithm === undefined || digestBytes === undefined) {
    throw new StatusError(STATUS.failure, 'None of these hash algorithms is served');
  }
  if (range.blockBytes > 0 && range.blockBytes < MIN_BLOCK_BYTES) {
    throw new FileError('invalid-argument', { detail: `a block has at least ${MIN_BLOCK_BYTES} bytes` });
  }
  const start = exact(range.offset);
  const length = exact(range.length);
  const { sizeBytes } = await file.stat();
  if (start > sizeBytes) throw new StatusError(STATUS.eof, 'The range begins after the end of the file');
  const end = length === 0 ? sizeBytes : Math.min(start + length, sizeBytes);
  const blockBytes = range.blockBytes === 0 ? ONE_BLOCK : range.blockBytes;
  const most = Math.floor(MAX_DATA_BYTES / digestBytes);
  if ((end - start) / blockBytes > most) {
    throw new FileError('too-large', { detail: `at most ${most} blocks in one reply` });
  }
  return { algorithm, digests: await hashBlocks({ file, algorithm, start, end, blockBytes, signal }) };
}

interface Blocks {
  readonly file: OpenFile;
  readonly algorithm: string;
  readonly start: number;
  readonly end: number;
  readonly blockBytes: number;
  readonly signal: AbortSignal;
}

/** A range of no bytes has no blocks; as one block it has the digest of nothing. */
async function hashBlocks({ file, algorithm, start, end, blockBytes, signal }: Blocks): Promise<Buffer[]> {
  const digests: Buffer[] = [];
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - start));
  let hash = createHash(algorithm);
  let left = blockBytes;
  for (let at = start; at < end; ) {
    if (signal.aborted) throw new FileError('cancelled');
    const count = await file.read(piece.subarray(0, end - at), at);
    // Somebody has cut the file off: the digests are of what there was.
    if (count === 0) break;
    at += count;
    for (let from = 0; from < count; ) {
      const taken = Math.min(count - from, left);
      hash.update(piece.subarray(from, from + taken));
      from += taken;
      left -= taken;
      if (left > 0) continue;
      digests.push(hash.digest());
      hash = createHash(algorithm);
      left = blockBytes;
    }
  }
  if (blockBytes === ONE_BLOCK || left < blockBytes) digests.push(hash.digest());
  return digests;
}
