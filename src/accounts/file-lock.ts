// Keeps two processes (or two tasks of one) from editing a file at once: `.FILE.lock` beside it, which holds who made
// it. A lock whose maker is gone is taken over.

import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isSystemError } from '../text-files/small-file.ts';

/** Somebody else edits the file, for longer than one waits. */
export class FileLockedError extends Error {
  override readonly name = 'FileLockedError';
  readonly lockFile: string;

  constructor(lockFile: string, holder: string) {
    super(`somebody else is editing this (${holder}); if nobody is, remove the lock`);
    this.lockFile = lockFile;
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, as the system counts it: a pid comes back, the two together do not. */
  readonly started: string;
  /** Tells two locks of one process apart. */
  readonly token: string;
}

// A lock is held for milliseconds. Of a maker on another machine, or one killed while it made the lock, only the age is known.
const STALE_MS = 60_000;

/** Of whom the lock does not tell, or not to us. */
const UNKNOWN: Holder = { pid: 0, host: '', started: '', token: '' };

/** Runs `action` while holding the lock beside `file`. @throws FileLockedError after `waitMs`. */
export async function withFileLock<T>(file: string, action: () => Promise<T>, waitMs = 10_000): Promise<T> {
  // The dot keeps it apart from the files of a folder where each is named after a user.
  const lockFile = join(dirname(file), `.${basename(file)}.lock`);
  const mine: Holder = {
    pid: process.pid,
    host: hostname(),
    started: (await startOf(process.pid)) ?? '',
    token: randomBytes(8).toString('hex'),
  };
  await acquire(lockFile, mine, performance.now() + waitMs);
  const made = await markOf(lockFile);
  try {
    return await action();
  } finally {
    // Told by what needs no descriptor: a lock that stayed because there was none left would be held as long as we live.
    if (made !== undefined && (await markOf(lockFile)) === made) await rm(lockFile, { force: true });
  }
}

/** What tells a lock from one that is made later in its place, which may get its number, but not its time. */
async function markOf(lockFile: string): Promise<string | undefined> {
  try {
    const { dev, ino, mtimeNs } = await stat(lockFile, { bigint: true });
    return [dev, ino, mtimeNs].join(':');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function acquire(lockFile: string, mine: Holder, deadline: number): Promise<void> {
  while (!(await make(lockFile, mine))) {
    const holder = await readHolder(lockFile);
    if (holder !== undefined && (await isStale(lockFile, holder))) {
      await takeAway(lockFile, holder, `${lockFile}.${mine.token}`);
    } else if (performance.now() > deadline) {
      throw new FileLockedError(lockFile, describe(holder));
    } else {
      await delay(5 + Math.random() * 20);
    }
  }
}

/** Makes the lock; false when it is there already. */
async function make(lockFile: string, mine: Holder): Promise<boolean> {
  const handle = await open(lockFile, 'wx', 0o600).catch((error: unknown) => {
    if (isSystemError(error, 'EEXIST')) return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await handle.writeFile(JSON.stringify(mine));
    return true;
  } catch (error) {
    await rm(lockFile, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

function describe(holder: Holder | undefined): string {
  return holder === undefined || holder.host === '' ? 'nobody known' : `process ${holder.pid} on ${holder.host}`;
}

/** Removes a stale lock, unless in the same moment somebody else has done so and holds it now. */
async function takeAway(lockFile: string, stale: Holder, aside: string): Promise<void> {
  try {
    await rename(lockFile, aside);
    const taken = await readHolder(aside);
    if (taken !== undefined && taken.token !== stale.token) await link(aside, lockFile);
  } catch (error) {
    // Gone before us, or there again before we could put it back: the next round sees.
    if (!isSystemError(error, 'ENOENT') && !isSystemError(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isStale(lockFile: string, holder: Holder): Promise<boolean> {
  if (holder.host === hostname()) {
    const started = await startOf(holder.pid);
    return started === undefined || (started !== '' && holder.started !== '' && started !== holder.started);
  }
  try {
    return Date.now() - (await stat(lockFile)).mtimeMs > STALE_MS;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Who holds the lock; undefined when nobody does. A lock without its content yet is held on no machine. */
async function readHolder(lockFile: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(lockFile, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    // Root's, as of a command line beside a server that runs as another user: it is waited for as others are.
    if (isSystemError(error, 'EACCES')) return UNKNOWN;
    throw error;
  }
  try {
    const { pid, host, started, token }: Partial<Record<keyof Holder, unknown>> = { ...JSON.parse(text) };
    return { pid: Number(pid), host: String(host), started: String(started), token: String(token) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return UNKNOWN;
  }
}

/** When a process started, in whatever the system counts; empty where that is not known, undefined if there is none. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    // The 22nd field of proc_pid_stat(5); the second, the command in brackets, may hold anything.
    const fields = await readFile(`/proc/${pid}/stat`, 'utf8');
    return fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return isSystemError(error, 'EPERM') ? '' : undefined;
  }
}
