// The weaker jail, for hosts without /proc (macOS, Windows): for development, not for strangers. It walks as the other
// one does, but nothing can be held open: folders are known by their host path, which is looked at again after the walk
// and after a file was opened. Somebody who can change folders on the host while we work (another program, another user
// of the same home) can win a race against it. Through the server alone links can't be made here, so users can't. A disk
// that hangs holds up everybody.

import { closeSync, constants, fstatSync, lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { decodeBytes } from '../model/bytes.ts';
import type { EntryKind } from '../model/entry.ts';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import type { VirtualPath } from '../model/path.ts';
import { ALONE, type Standing } from './border.ts';
import type { ContentCalls } from './content-calls.ts';
import { entryOf, type HostPath, type Jail, type JailOptions, kindOf, type LastLink, type Place } from './place.ts';
import type { Answer, LocalCalls, NameCalls } from './system-calls.ts';
import { type Footing, type LookedUp, walk } from './walk.ts';

// Node gives no O_NOFOLLOW on Windows; there the check after the open stands alone.
const { O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;

/** Opens the folder at `host` as the home of a weaker jail; a link in the last name is refused. */
export async function openPortableJail(host: HostPath, { local, standing = ALONE }: JailOptions): Promise<Jail> {
  const home = await realpath(host);
  if (!(await lstat(host)).isDirectory())
    throw new FileError('not-a-directory', { detail: 'the home is not a folder' });
  return new PortableJail({ home, standing, local });
}

class PortableJail implements Jail {
  readonly at: VirtualPath;
  readonly makesLinks = false;
  readonly hanging = 'never';
  readonly #home: string;
  readonly #local: LocalCalls;
  readonly #footing: Footing<HostPath>;
  #closed = false;

  constructor({ home, standing, local }: { home: string; standing: Standing; local: LocalCalls }) {
    this.at = standing.at;
    this.#home = home;
    this.#local = local;
    this.#footing = { home, standing, look, leave: () => undefined };
  }

  async find(path: VirtualPath, last: LastLink): Promise<Place> {
    if (this.#closed) throw new FileError('closed', { path });
    // To Windows these are a separator, and the mark of drives and streams: more than a name.
    if (process.platform === 'win32' && /[\\:]/.test(path)) throw new FileError('invalid-path', { path });
    const spot = walk(this.#footing, path, last);
    const entry = spot.name === '' ? spot.folder : entryOf(spot.folder, spot.name);
    const stats = await this.#local.lstat(entry);
    const { content } = this.#local;
    const place = new PortablePlace({
      path: spot.path,
      folder: spot.folder,
      entry,
      stats,
      calls: this.#local,
      content,
    });
    place.check();
    return place;
  }

  hostOf(): HostPath {
    return this.#home;
  }

  close(): void {
    this.#closed = true;
  }
}

class PortablePlace implements Place {
  readonly path: VirtualPath;
  readonly kind: EntryKind | undefined;
  readonly stats: Stats | undefined;
  readonly mayHang = false;
  readonly calls: NameCalls;
  readonly content: ContentCalls;
  readonly folder: HostPath;
  readonly entry: HostPath;
  readonly thing: HostPath;

  constructor(parts: Pick<Place, 'path' | 'folder' | 'entry' | 'stats' | 'calls' | 'content'>) {
    const { path, folder, entry, stats, calls, content } = parts;
    this.path = path;
    this.folder = folder;
    this.entry = entry;
    this.thing = entry;
    this.stats = stats;
    this.calls = calls;
    this.content = content;
    this.kind = stats === undefined ? undefined : kindOf(stats);
  }

  open(flags: number): Promise<number> {
    return this.#checked(this.calls.open(this.entry, flags | O_NOFOLLOW));
  }

  create(flags: number, mode: number): Promise<number> {
    return this.#checked(this.calls.open(this.entry, flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  }

  close(): void {}

  /** Throws `not-found` when the folder is no longer where the walk found it. */
  check(): void {
    const real = realpathSync.native(this.folder, 'buffer');
    if (!real.equals(Buffer.from(this.folder))) throw new FileError('not-found', { path: this.path });
  }

  async #checked(opening: Answer<number>): Promise<number> {
    const descriptor = await opening;
    try {
      this.check();
      const opened = fstatSync(descriptor);
      const there = lstatSync(this.entry);
      if (opened.dev === there.dev && opened.ino === there.ino) return descriptor;
      throw new FileError('not-found', { path: this.path });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }
}

function look(folder: HostPath, name: string, mayEnter: boolean): LookedUp<HostPath> | undefined {
  if (mayEnter) {
    const entered = entryOf(folder, name);
    if (lstatSync(entered).isDirectory()) return { entered };
  }
  const target = readLink(folder, name);
  return target === undefined ? undefined : { target };
}

function readLink(folder: HostPath, name: string): string | undefined {
  try {
    return decodeBytes(readlinkSync(entryOf(folder, name), 'buffer'));
  } catch (error) {
    const code = errnoName(error);
    // Windows says UNKNOWN of a file that is no link.
    if (code === 'EINVAL' || code === 'ENOENT' || code === 'UNKNOWN') return undefined;
    throw error;
  }
}
