// OPENDIR and READDIR. A folder is sent in as many replies as it takes, each of a size that every client accepts.

import type { Entry } from '../../model/entry.ts';
import { isFileError } from '../../model/error.ts';
import { parsePath } from '../../model/path.ts';
import { STATUS } from '../codec/constants.ts';
import { handleResponse, type Name, nameBytes, nameResponse, statusResponse } from '../codec/responses.ts';
import { altering, type Context, type Handler, looking } from '../context.ts';
import type { DirectoryHandle } from '../handles.ts';
import { longname } from '../longname.ts';

/** How long a NAME reply gets. The draft lets a client count on no packet over 34,000 bytes (section 3). */
const REPLY_BYTES = 32 * 1024;

/** How many entries are read from the folder at a time; with names of usual length they fill a reply. */
const ENTRIES = 256;

export const opendir: Handler<'opendir'> = ({ files, handles }, { id, path }) =>
  looking(async () => {
    const handle = await handles.add(async () => ({
      kind: 'directory',
      directory: await files.list(parsePath(path)),
      waiting: undefined,
      ahead: undefined,
      isAtEnd: false,
    }));
    return handleResponse(id, handle);
  });

// It moves the place in the folder: of two that run at once both would get the same entries.
export const readdir: Handler<'readdir'> = (context, { id, handle: handleId }) => {
  const handle = context.handles.directory(handleId);
  const run = async (): Promise<Buffer> => {
    if (handle.waiting !== undefined) await checkAllowed(handle);
    handle.waiting ??= await selfAndParent(handle, context);
    const { waiting } = handle;
    while (waiting.length < ENTRIES && !handle.isAtEnd) {
      const next = handle.ahead ?? nextNames(handle, context);
      handle.ahead = undefined;
      const names = await next;
      handle.isAtEnd = names.length === 0;
      waiting.push(...names);
    }
    const count = fitting(waiting);
    if (count === 0) return statusResponse(id, STATUS.eof, 'End of file');
    if (!handle.isAtEnd) setImmediate(readAhead, handle, context);
    return nameResponse(id, waiting.splice(0, count), context.times);
  };
  return altering([handle], run, REPLY_BYTES);
};

/**
 * Reads on while the client looks at what it was sent: whoever lists a folder wants all of it. Not before that was sent, as
 * reading may be done at once.
 */
function readAhead(handle: DirectoryHandle, context: Context): void {
  if (handle.ahead !== undefined) return;
  handle.ahead = nextNames(handle, context);
  // Whoever asks for it is told; nobody may.
  handle.ahead.catch(() => undefined);
}

/** What was read before is told no more when the right to list it was taken away since. */
async function checkAllowed({ directory }: DirectoryHandle): Promise<void> {
  try {
    await directory.stat();
  } catch (error) {
    if (isFileError(error, 'permission-denied')) throw error;
  }
}

async function nextNames({ directory }: DirectoryHandle, context: Context): Promise<Name[]> {
  return named(await directory.read(ENTRIES), context);
}

/** "." and "..", as a folder read by readdir(3) begins. What is above may be none of the user's business. */
async function selfAndParent(handle: DirectoryHandle, context: Context): Promise<Name[]> {
  const attributes = await handle.directory.stat();
  const first = await named(
    ['.', '..'].map((name) => ({ name, attributes })),
    context,
  );
  return first;
}

async function named(entries: readonly Entry[], { owners }: Context): Promise<Name[]> {
  const names = await owners();
  const nowMs = Date.now();
  return entries.map(({ name, attributes }) => ({
    name,
    longname: longname(name, attributes, names, nowMs),
    attributes,
  }));
}

/** How many of the first `names` fit into a reply: all, or at least one. */
function fitting(names: readonly Name[]): number {
  let bytes = 0;
  for (const [index, name] of names.entries()) {
    bytes += nameBytes(name);
    if (bytes > REPLY_BYTES && index > 0) return index;
  }
  return names.length;
}
