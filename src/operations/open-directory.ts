// An open folder as its identity sees it: without what is hidden, and only as long as it may be listed.

import type { Attributes, Entry } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import type { Granted, Guard } from './guard.ts';
import type { OpenThing, OpenThings } from './open-things.ts';

interface GuardedDirectoryParts {
  readonly directory: Directory;
  readonly granted: Granted | undefined;
  readonly guard: Guard;
  readonly things: OpenThings;
}

/** Wraps a folder of the storage that `guard` has let be opened. */
export class GuardedDirectory implements Directory, OpenThing {
  readonly path: VirtualPath;
  readonly #directory: Directory;
  readonly #granted: Granted | undefined;
  readonly #guard: Guard;
  readonly #things: OpenThings;
  #isRevoked = false;
  #closing: Promise<void> | undefined;

  constructor({ directory, granted, guard, things }: GuardedDirectoryParts) {
    this.path = directory.path;
    this.#directory = directory;
    this.#granted = granted;
    this.#guard = guard;
    this.#things = things;
    things.add(this);
  }

  isAllowed(): boolean {
    return this.#guard.stillAllows(this.#granted);
  }

  revoke(): void {
    this.#isRevoked = true;
    // What goes wrong with closing a folder that was only read is nobody's loss.
    this.close().catch(() => undefined);
  }

  async read(limit: number): Promise<readonly Entry[]> {
    for (;;) {
      this.#checkAllowed();
      const entries = await this.#directory.read(limit);
      const isShown = this.#guard.shownIn(this.path);
      if (isShown === undefined || entries.length === 0) return entries;
      const shown = entries.filter(({ name }) => isShown(name));
      // A batch of which nothing is shown must not look like the end.
      if (shown.length > 0) return shown;
    }
  }

  async stat(): Promise<Attributes> {
    this.#checkAllowed();
    return this.#directory.stat();
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#things.remove(this);
      this.#closing = this.#directory.close();
    }
    return this.#closing;
  }

  #checkAllowed(): void {
    if (this.#isRevoked) throw revokedError(this.path);
  }
}

export function revokedError(path: VirtualPath): FileError {
  return new FileError('permission-denied', { path, detail: 'the right to it was taken away' });
}
