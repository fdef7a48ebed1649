// Where a download is kept until it is complete: beside its target, under a name that says so, so that nobody takes
// half a file for a whole one, and a later download can continue it.

import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { byteLength } from '../model/bytes.ts';
import { FileError } from '../model/error.ts';
import { MAX_NAME_BYTES } from '../model/path.ts';
import { closingAfter } from './closing-after.ts';
import { type Feed, openFeed } from './feed.ts';
import { findLocal, type LocalFile, openLocal, realLocal, removeLocal, renameLocal } from './local-files.ts';

const SUFFIX = '.sshome-part';

export interface PartialFile {
  readonly file: Pick<LocalFile, 'read' | 'write' | 'setTimes' | 'setMode'>;
  /** How much of it is there already. */
  readonly sizeBytes: number;
  /** Puts the complete file in its place. @throws FileError `busy` when another download has taken what it is kept in. */
  finish(): Promise<void>;
  /** Keeps what there is, for `resume`; removes it when that is nothing. */
  abandon(): Promise<void>;
}

/** The name under which the download of `target` is kept. */
export function partialPath(target: string): string {
  const name = basename(target);
  const short = byteLength(name) + SUFFIX.length <= MAX_NAME_BYTES;
  return join(
    dirname(target),
    `${short ? name : createHash('sha256').update(name).digest('hex').slice(0, 32)}${SUFFIX}`,
  );
}

/**
 * Opens what a download of `target` is to be written to. With `resume` that is what an interrupted download has left,
 * or else `target` itself (as other clients leave it); without it always a new file. That has the permission bits of what it
 * is to replace, or else `mode`, less the umask.
 *
 * @param by.pause resolves after so many milliseconds; rejects when nobody wants to wait for a pipe any more
 */
export async function openPartialFile(
  target: string,
  { resume, mode, pause }: { resume: boolean; mode: number; pause: (ms: number) => Promise<void> },
): Promise<PartialFile> {
  const there = await findLocal(target);
  if (there?.isDirectory() === true) throw new FileError('is-a-directory', { path: target });
  if (there !== undefined && !there.isFile()) return feeding(await openFeed(target, there, pause));
  // A link is followed: what it leads to is replaced, not the link.
  const place = there === undefined ? target : await realLocal(target);

  const partial = partialPath(place);
  const left = resume ? await findLocal(partial) : undefined;
  const inPlace = resume && left === undefined && there !== undefined;
  if (!resume) await removeLocal(partial);
  const path = inPlace ? place : partial;
  // The owner must be able to go on with it.
  const bits = ((there?.mode ?? mode) & 0o777) | 0o600;
  const file = await openLocal(path, inPlace || left !== undefined ? 'update' : 'create', bits);
  /** Whether what is at the name is still this file, and not what another download of the same target has put there. */
  const isStillThere = async (): Promise<boolean> => {
    const [own, found] = await Promise.all([file.stat(), findLocal(path)]);
    return found?.ino === own.ino && found.dev === own.dev;
  };
  return {
    file,
    sizeBytes: inPlace ? there.size : (left?.size ?? 0),
    async finish() {
      const isOurs = await closingAfter(file, async () => inPlace || (await isStillThere()));
      if (!isOurs) throw new FileError('busy', { path: target, detail: 'another download into it has been started' });
      if (!inPlace) await renameLocal(path, place);
    },
    async abandon() {
      const isWaste = await closingAfter(
        file,
        async () => !inPlace && (await file.stat()).size === 0 && (await isStillThere()),
      );
      if (isWaste) await removeLocal(path);
    },
  };
}

/** A device or a pipe has no content to continue, no name to change, and keeps its own mode. */
function feeding(feed: Feed): PartialFile {
  return {
    file: { read: async () => 0, write: feed.write, setTimes: async () => {}, setMode: async () => {} },
    sizeBytes: 0,
    finish: feed.close,
    abandon: feed.close,
  };
}
