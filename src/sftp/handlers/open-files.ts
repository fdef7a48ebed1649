// Requests on open files, and OPEN and CLOSE, which make and end them.

import { FileError } from '../../model/error.ts';
import { parsePath } from '../../model/path.ts';
import { largeBuffers } from '../../streams/large-buffers.ts';
import { MAX_DATA_BYTES, STATUS } from '../codec/constants.ts';
import {
  attributesResponse,
  DATA_HEAD_BYTES,
  dataReply,
  handleResponse,
  spaceResponse,
  statusResponse,
} from '../codec/responses.ts';
import { altering, changing, type Handler, looking, reading } from '../context.ts';
import { readOpenFlags } from '../open-flags.ts';
import { changeAttributes } from './change-attributes.ts';
import { exact } from './exact.ts';
import { done } from './replies.ts';

export const open: Handler<'open'> = ({ files, handles }, { id, path, flags, attributes }) => {
  const { options, readable, writable } = readOpenFlags(flags, attributes.permissions);
  const run = async (): Promise<Buffer> => {
    const handle = await handles.add(async () => ({
      kind: 'file',
      file: await files.open(parsePath(path), options),
      readable,
      writable,
    }));
    return handleResponse(id, handle);
  };
  return options.create || options.truncate ? changing(run) : looking(run);
};

export const close: Handler<'close'> = ({ handles }, { id, handle: handleId }) => {
  const handle = handles.take(handleId);
  return altering([handle], async () => {
    await handles.close(handle);
    return done(id);
  });
};

export const cancel: Handler<'cancel'> = ({ handles }, { id, handle: handleId }) => {
  const handle = handles.take(handleId);
  return altering([handle], async () => {
    await handles.close(handle, { abandon: true });
    return done(id);
  });
};

export const read: Handler<'read'> = ({ handles }, { id, handle: handleId, offset, length: wanted }) => {
  const handle = handles.file(handleId);
  const length = Math.min(wanted, MAX_DATA_BYTES);
  const run = async (): Promise<Buffer> => {
    if (!handle.readable) throw new FileError('permission-denied', { detail: 'the file is not open for reading' });
    const start = exact(offset);
    const packet = largeBuffers.take(DATA_HEAD_BYTES + length);
    const reply = dataReply(packet);
    const count = await handle.file.read(reply.content, start);
    if (count > length / 4) return reply.end(id, count);
    // The end of a file, or a small one: a large buffer need not wait with it until the client takes it.
    const answer =
      count === 0 && length > 0 ? statusResponse(id, STATUS.eof, 'End of file') : Buffer.from(reply.end(id, count));
    largeBuffers.giveBack(packet);
    return answer;
  };
  return reading(handle, run, length);
};

export const write: Handler<'write'> = ({ handles }, { id, handle: handleId, offset, data }) => {
  const handle = handles.file(handleId);
  return altering([handle], async () => {
    if (!handle.writable) throw notOpenForWriting();
    await handle.file.write(data, exact(offset));
    return done(id);
  });
};

export const fstat: Handler<'fstat'> = ({ handles, times }, { id, handle: handleId }) => {
  const handle = handles.file(handleId);
  return reading(handle, async () => attributesResponse(id, await handle.file.stat(), times));
};

export const fsetstat: Handler<'fsetstat'> = ({ handles }, { id, handle: handleId, attributes }) => {
  const handle = handles.file(handleId);
  return altering([handle], async () => {
    if (attributes.size !== undefined && !handle.writable) throw notOpenForWriting();
    await changeAttributes(handle.file, attributes);
    return done(id);
  });
};

export const fsync: Handler<'fsync'> = ({ handles }, { id, handle: handleId }) => {
  const handle = handles.file(handleId);
  return altering([handle], async () => {
    await handle.file.sync();
    return done(id);
  });
};

export const fstatvfs: Handler<'fstatvfs'> = ({ handles }, { id, handle: handleId }) => {
  const handle = handles.file(handleId);
  return reading(handle, async () => spaceResponse(id, await handle.file.space()));
};

function notOpenForWriting(): FileError {
  return new FileError('permission-denied', { detail: 'the file is not open for writing' });
}
