// A folder above mounts being read: first the names that mounts put there, then what the home has, but for what these hide.

import { checkLimit } from '../model/checks.ts';
import type { Attributes, Entry } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';

interface MountedDirectoryParts {
  readonly path: VirtualPath;
  /** What mounts put there. */
  readonly mounted: readonly Entry[];
  /** The same folder in the home; undefined when it has none. */
  readonly ofHome: Directory | undefined;
  readonly stat: () => Promise<Attributes>;
}

export class MountedDirectory implements Directory {
  readonly path: VirtualPath;
  readonly #mounted: Entry[];
  readonly #hidden: ReadonlySet<string>;
  readonly #ofHome: Directory | undefined;
  readonly #stat: () => Promise<Attributes>;
  #isClosed = false;

  /** Takes over `ofHome`. */
  constructor({ path, mounted, ofHome, stat }: MountedDirectoryParts) {
    this.path = path;
    this.#mounted = [...mounted];
    this.#hidden = new Set(mounted.map(({ name }) => name));
    this.#ofHome = ofHome;
    this.#stat = stat;
  }

  async read(limit: number): Promise<readonly Entry[]> {
    this.#checkOpen();
    checkLimit(limit, this.path);
    if (this.#mounted.length > 0) return this.#mounted.splice(0, limit);
    for (;;) {
      const entries = (await this.#ofHome?.read(limit)) ?? [];
      const seen = entries.filter(({ name }) => !this.#hidden.has(name));
      // A batch of nothing but hidden names must not look like the end.
      if (seen.length > 0 || entries.length === 0) return seen;
    }
  }

  async stat(): Promise<Attributes> {
    this.#checkOpen();
    return this.#stat();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#ofHome?.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new FileError('closed', { path: this.path });
  }
}
