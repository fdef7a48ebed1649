// A home with other trees mounted in it, as one Storage: what each operation asks of the tree that its path is in
// (mounted-asking.ts), and what it answers for the folders above mounts. What stands above a mount is a folder for as long
// as the mount is there, and neither it nor the mount can be removed, renamed or replaced.
// Reasons: docs/decisions/0011-shared-folders-are-mounted.md.

import { checkOpenOptions } from '../model/checks.ts';
import type { AttributeChanges, Attributes, Space } from '../model/entry.ts';
import type { FileErrorCode } from '../model/error.ts';
import type { Directory, OpenFile, OpenOptions } from '../model/files.ts';
import { ROOT, type VirtualPath } from '../model/path.ts';
import { FoldersAbove } from './folders-above.ts';
import type { MountPoints } from './mount-points.ts';
import { MountedAsking, refuseOrphan, stayError } from './mounted-asking.ts';
import { directoryOf, fileOf } from './mounted-handles.ts';
import type { Permit, Storage } from './storage.ts';

interface MountedParts {
  /** Stands at "/", and knows `points` as its borders. */
  readonly home: Storage;
  readonly points: MountPoints;
  readonly onClose: () => void;
}

/** The storage of a session, which closes the home and what is mounted in it. */
export function openMountedStorage(parts: MountedParts): Storage {
  return new MountedStorage(parts);
}

class MountedStorage implements Storage {
  readonly #home: Storage;
  readonly #points: MountPoints;
  readonly #above: FoldersAbove;
  readonly #asking: MountedAsking;
  readonly #onClose: () => void;

  constructor({ home, points, onClose }: MountedParts) {
    this.#home = home;
    this.#points = points;
    this.#above = new FoldersAbove({ home, points });
    this.#asking = new MountedAsking({ home, points, above: this.#above });
    this.#onClose = onClose;
  }

  list(path: VirtualPath, permit: Permit): Promise<Directory> {
    return this.#asking.ask(path, {
      permit,
      ask: async ({ storage, mount }, at, asked) => directoryOf(mount, await storage.list(at, asked)),
      above: (at) => this.#above.list(at, permit),
      isAboveHome: true,
    });
  }

  stat(path: VirtualPath, followLinks: boolean, permit: Permit): Promise<Attributes> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.stat(at, followLinks, asked),
      above: (at) => this.#above.stat(at, permit),
    });
  }

  open(path: VirtualPath, options: OpenOptions, permit: Permit): Promise<OpenFile> {
    return this.#asking.ask(path, {
      permit,
      ask: async ({ storage, mount }, at, asked) => fileOf(mount, await storage.open(at, options, asked)),
      above: (at) => {
        checkOpenOptions(options, at);
        return refuseFolder(at, permit, 'is-a-directory');
      },
      ...(options.create === true ? { orphan: refuseOrphan } : {}),
    });
  }

  makeDirectory(path: VirtualPath, mode: number | undefined, permit: Permit): Promise<void> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.makeDirectory(at, mode, asked),
      above: (at) => refuseFolder(at, permit, 'already-exists'),
      orphan: refuseOrphan,
    });
  }

  remove(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.remove(at, asked),
      above: (at) => refuseFolder(at, permit, 'is-a-directory'),
    });
  }

  removeDirectory(path: VirtualPath, permit: Permit): Promise<void> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.removeDirectory(at, asked),
      above: (at) => refuseFolder(at, permit, 'permission-denied'),
    });
  }

  rename(from: VirtualPath, to: VirtualPath, replace: boolean, permits: { from: Permit; to: Permit }): Promise<void> {
    return this.#asking.askBoth({
      paths: [from, to],
      permits: [permits.from, permits.to],
      ask: (storage, at, asked) => storage.rename(at[0], at[1], replace, { from: asked[0], to: asked[1] }),
      refusal: 'permission-denied',
    });
  }

  setAttributes(path: VirtualPath, changes: AttributeChanges, followLinks: boolean, permit: Permit): Promise<void> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.setAttributes(at, changes, followLinks, asked),
      above: async (at) => {
        if (await this.#above.isInHome(at)) return this.#home.setAttributes(at, changes, false, permit);
        return refuseFolder(at, permit, 'permission-denied');
      },
    });
  }

  readLink(path: VirtualPath, permit: Permit): Promise<string> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.readLink(at, asked),
      above: (at) => refuseFolder(at, permit, 'invalid-argument'),
    });
  }

  makeLink(path: VirtualPath, target: string, permit: Permit): Promise<void> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.makeLink(at, target, asked),
      above: (at) => refuseFolder(at, permit, 'already-exists'),
      orphan: refuseOrphan,
    });
  }

  makeHardLink(existing: VirtualPath, path: VirtualPath, permits: { existing: Permit; path: Permit }): Promise<void> {
    return this.#asking.askBoth({
      paths: [existing, path],
      permits: [permits.existing, permits.path],
      ask: (storage, at, asked) => storage.makeHardLink(at[0], at[1], { existing: asked[0], path: asked[1] }),
      refusal: 'already-exists',
    });
  }

  realPath(path: VirtualPath, permit: Permit): Promise<VirtualPath> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.realPath(at, asked),
      above: (at) => {
        permit({ path: at, kind: 'directory' });
        return at;
      },
      orphan: (at) => {
        permit({ path: at, kind: undefined });
        return at;
      },
    });
  }

  space(path: VirtualPath, permit: Permit): Promise<Space> {
    return this.#asking.ask(path, {
      permit,
      ask: ({ storage }, at, asked) => storage.space(at, asked),
      above: (at) => {
        permit({ path: at, kind: 'directory' });
        return this.#home.space(ROOT, () => undefined);
      },
    });
  }

  close(): void {
    for (const mount of this.#points.mounts) mount.close();
    this.#home.close();
    this.#onClose();
  }
}

function refuseFolder(path: VirtualPath, permit: Permit, code: FileErrorCode): never {
  permit({ path, kind: 'directory' });
  throw stayError(path, code);
}
