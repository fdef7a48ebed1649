// copy-data: copies between two open files inside the server (OpenSSH PROTOCOL, section 4.10).

import { FileError } from '../../model/error.ts';
import type { OpenFile } from '../../model/files.ts';
import { MAX_DATA_BYTES, STATUS } from '../codec/constants.ts';
import { altering, type Handler } from '../context.ts';
import { StatusError } from '../status.ts';
import { exact } from './exact.ts';
import { done } from './replies.ts';

export const copyData: Handler<'copy-data'> = ({ handles, signal }, request) => {
  const source = handles.file(request.source);
  const target = handles.file(request.target);
  const run = async (): Promise<Buffer> => {
    if (!source.readable) throw new FileError('permission-denied', { detail: 'the source is not open for reading' });
    if (!target.writable) throw new FileError('permission-denied', { detail: 'the target is not open for writing' });
    if (source.file.path === target.file.path)
      throw new StatusError(STATUS.failure, 'A file is not copied onto itself');
    await copy({
      source: source.file,
      sourceOffset: exact(request.sourceOffset),
      length: exact(request.length),
      target: target.file,
      targetOffset: exact(request.targetOffset),
      signal,
    });
    return done(request.id);
  };
  return altering([source, target], run, MAX_DATA_BYTES);
};

interface Copy {
  readonly source: OpenFile;
  readonly sourceOffset: number;
  readonly length: number;
  readonly target: OpenFile;
  readonly targetOffset: number;
  readonly signal: AbortSignal;
}

async function copy({ source, sourceOffset, length, target, targetOffset, signal }: Copy): Promise<void> {
  // "To the end" means the end as it is now. Two names may lead to one file, which would grow as it is read.
  const total = length > 0 ? length : Math.max(0, (await source.stat()).sizeBytes - sourceOffset);
  const buffer = Buffer.allocUnsafe(Math.min(total, MAX_DATA_BYTES));
  for (let copied = 0; copied < total; ) {
    if (signal.aborted) throw new FileError('cancelled');
    const count = await source.read(buffer.subarray(0, total - copied), sourceOffset + copied);
    if (count === 0) {
      if (length > 0) throw new StatusError(STATUS.eof, 'The source ended before the length was reached');
      return;
    }
    await target.write(buffer.subarray(0, count), targetOffset + copied);
    copied += count;
  }
}
