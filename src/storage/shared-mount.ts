// One shared folder in the tree of one session. Opened when it is first asked for: nobody's login waits for it, and what
// nobody uses costs nothing.

import { FileError } from '../model/error.ts';
import type { VirtualPath } from '../model/path.ts';
import { type DiskStorageParts, openDiskStorage } from './disk.ts';
import type { Meters } from './meter.ts';
import type { Mount } from './mount-points.ts';
import type { FolderAt, SharedFolders } from './shared-folders.ts';
import type { Storage } from './storage.ts';
import type { Device } from './turns.ts';

export interface SharedMountParts {
  readonly folder: FolderAt;
  readonly folders: SharedFolders;
  /** What the storage is made of for this session, once it is known what the folder is on. */
  readonly partsOn: (device: Device) => Omit<DiskStorageParts, 'jail' | 'meter' | 'onClose'>;
  /** What is in the folder counts for the folder, whoever puts it there. */
  readonly meters: Meters;
}

export class SharedMount implements Mount {
  readonly name: string;
  readonly at: VirtualPath;
  readonly #parts: SharedMountParts;
  #storage: Promise<Storage> | undefined;
  #isGone = false;

  constructor(parts: SharedMountParts) {
    this.#parts = parts;
    this.name = parts.folder.name;
    this.at = parts.folder.at;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  storage(): Promise<Storage> {
    if (this.#isGone) return Promise.reject(new FileError('not-found', { path: this.at }));
    this.#storage ??= this.#open();
    return this.#storage;
  }

  close(): void {
    this.#isGone = true;
    this.#storage?.then(
      (storage) => storage.close(),
      () => undefined,
    );
    this.#storage = undefined;
  }

  async #open(): Promise<Storage> {
    const { folder, folders, partsOn, meters } = this.#parts;
    try {
      const { jail, device } = await folders.open(folder);
      const { meter, leave } = meters.enter(`folder:${folder.name}`);
      return openDiskStorage({ ...partsOn(device), jail, meter, onClose: leave });
    } catch (error) {
      // The next one who asks may have more luck.
      this.#storage = undefined;
      throw error;
    }
  }
}
