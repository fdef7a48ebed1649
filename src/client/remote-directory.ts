// A Directory (model/files.ts) over an SFTP handle.

import { checkLimit } from '../model/checks.ts';
import type { Attributes, Entry } from '../model/entry.ts';
import { FileError, isFileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import { isName, joinPath, type VirtualPath } from '../model/path.ts';
import { attributesFromWire, type WireAttributes } from './attributes.ts';
import { malformed, requestHandle } from './remote-handle.ts';
import type { Session } from './session.ts';

interface WireName {
  readonly filename: string;
  readonly attrs: WireAttributes;
}

export async function openRemoteDirectory(
  session: Session,
  path: VirtualPath,
  { stat, lstat }: { stat: () => Promise<Attributes>; lstat: (path: VirtualPath) => Promise<Attributes> },
): Promise<Directory> {
  const id = await requestHandle(session, path, (sftp, name, answer) => sftp.opendir(name, answer));
  /** What the server sent beyond what was asked for. */
  let left: Entry[] = [];
  let atEnd = false;
  let closing: Promise<void> | undefined;

  /** One READDIR; the server decides how many entries it sends. Undefined at the end, and none at all is the end too. */
  const readMore = async (): Promise<Entry[] | undefined> => {
    const names = await session.request<readonly WireName[]>(path, (sftp, answer) =>
      sftp.readdir(id as unknown as string, (error, list) => answer(isEndOfFile(error) ? undefined : error, list)),
    );
    // ssh2 hands over whatever kind of answer came.
    if (names !== undefined && !Array.isArray(names)) throw malformed(path);
    if (names?.length === 0) return undefined;
    return names?.map(entryOf).filter(({ name }) => name !== '.' && name !== '..');
  };

  /** An entry as it is now; undefined when it is gone. */
  const refresh = async ({ name }: Entry): Promise<Entry | undefined> => {
    try {
      return { name, attributes: await lstat(joinPath(path, name)) };
    } catch (error) {
      if (isFileError(error, 'not-found')) return undefined;
      throw error;
    }
  };

  return {
    path,
    async read(limit) {
      if (closing !== undefined) throw new FileError('closed', { path });
      checkLimit(limit, path);
      while (left.length > 0) {
        const next = left.slice(0, limit);
        left = left.slice(limit);
        const there = (await Promise.all(next.map(refresh))).filter((entry) => entry !== undefined);
        if (there.length > 0) return there;
      }
      while (!atEnd) {
        const entries = await readMore();
        atEnd = entries === undefined;
        left = entries?.slice(limit) ?? [];
        if (entries !== undefined && entries.length > 0) return entries.slice(0, limit);
      }
      return [];
    },
    stat: () => (closing === undefined ? stat() : Promise.reject(new FileError('closed', { path }))),
    close() {
      closing ??= (async () => {
        await session.request(path, (sftp, answer) => sftp.close(id, answer));
      })();
      return closing;
    },
  };
}

/** Whether a name that a server sent is one name of one entry: anything else must never become part of a path. */
export function isEntryName(name: string): boolean {
  return isName(name) && !(process.platform === 'win32' && /[\\:]/.test(name));
}

function entryOf({ filename, attrs }: WireName): Entry {
  return { name: filename, attributes: attributesFromWire(attrs) };
}

function isEndOfFile(error: Error | null | undefined): boolean {
  return error instanceof Error && 'code' in error && error.code === 1;
}
