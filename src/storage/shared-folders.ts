// The shared folders of a server on the disk. Each is opened once for all sessions that have it mounted, and let go of
// with the last of them: so it costs one descriptor, however many they are, and one thread should its disk stand still.

import { resolve, sep } from 'node:path';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import { FOLDER_NAME_RULE, isFolderName } from '../model/folder-name.ts';
import type { Log } from '../model/log.ts';
import type { SharedFolder } from '../model/rules.ts';
import type { JailKind } from './choose-jail.ts';
import { makeHomesDirectory, openTree, type Tree } from './home.ts';
import type { WalkMode } from './mounts.ts';
import type { Jail } from './place.ts';
import type { LocalCalls } from './system-calls.ts';
import type { Turns } from './turns.ts';

/** What is needed of a folder to mount it. */
export type FolderAt = Pick<SharedFolder, 'name' | 'at'>;

export interface SharedFoldersParts {
  /** Holds a folder for each, under its name; made when it is first needed. */
  readonly directory: string;
  /** Holds the homes, and may have nothing to do with the other. */
  readonly homes: string;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  readonly local: LocalCalls;
  /** For opening them. */
  readonly turns: Turns;
  readonly log: Log;
}

export class SharedFolders {
  readonly #parts: SharedFoldersParts;
  readonly #open = new Map<string, OpenFolder>();
  /** Those that could not be opened the last time: each is logged once. */
  readonly #broken = new Set<string>();

  constructor(parts: SharedFoldersParts) {
    this.#parts = parts;
  }

  /**
   * Opens the folder for one session, which closes the jail; the folder is made (mode 0700) when it is not there.
   *
   * @throws FileError `io-error` when it can't be had: it is logged, and the next call tries again.
   */
  async open(folder: FolderAt): Promise<Pick<Tree, 'jail' | 'device'>> {
    try {
      const opened = await this.#enter(folder);
      if (this.#broken.delete(folder.name))
        this.#parts.log.info('a shared folder is there again', { folder: folder.name });
      return opened;
    } catch (error) {
      if (!this.#broken.has(folder.name)) this.#logBroken(folder, error);
      this.#broken.add(folder.name);
      throw new FileError('io-error', {
        path: folder.at,
        detail: 'this shared folder cannot be used now',
        cause: error,
      });
    }
  }

  async #enter(folder: FolderAt): Promise<Pick<Tree, 'jail' | 'device'>> {
    const key = `${folder.name} ${folder.at}`;
    for (;;) {
      const found = this.#open.get(key) ?? new OpenFolder(() => this.#openTree(folder));
      this.#open.set(key, found);
      const leave = (): void => {
        if (found.leave() && this.#open.get(key) === found) this.#open.delete(key);
      };
      found.enter();
      try {
        const tree = await found.tree();
        if (tree !== undefined) return { jail: leaseOf(tree.jail, leave), device: tree.device };
      } catch (error) {
        leave();
        throw error;
      }
      // Another folder has this name by now. Those who are in the old one stay there, as in a home.
      if (this.#open.get(key) === found) this.#open.delete(key);
      leave();
    }
  }

  async #openTree({ name, at }: FolderAt): Promise<Tree> {
    if (!isFolderName(name)) throw new FileError('invalid-path', { path: at, detail: FOLDER_NAME_RULE });
    const { directory, homes, jail, walkMode, local, turns } = this.#parts;
    if (meet(directory, homes)) throw new FileError('io-error', { path: at, detail: 'it would be within the homes' });
    // Nothing is mounted in a shared folder.
    const standing = { at, borderDepth: 0, isBorder: () => false };
    return turns.run(async () => {
      await makeHomesDirectory(directory);
      return openTree({ directory, name, jail, walkMode, local, standing });
    });
  }

  #logBroken({ name }: FolderAt, error: unknown): void {
    const fields = { folder: name, reason: reasonOf(error) };
    this.#parts.log.error(
      'a shared folder can not be used; see its name in the folder of the setting "shared-folders"',
      fields,
    );
  }
}

/** A folder that some sessions have open, or wait for. */
class OpenFolder {
  readonly #open: () => Promise<Tree>;
  #tree: Promise<Tree> | undefined;
  #checking: Promise<Tree | undefined> | undefined;
  #users = 0;

  constructor(open: () => Promise<Tree>) {
    this.#open = open;
  }

  /** Undefined when it is no longer what its name leads to. All who ask meanwhile wait for the one answer. */
  tree(): Promise<Tree | undefined> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  enter(): void {
    this.#users += 1;
  }

  /** Whether that was the last. */
  leave(): boolean {
    this.#users -= 1;
    if (this.#users > 0) return false;
    this.#tree?.then(
      ({ jail }) => jail.close(),
      () => undefined,
    );
    return true;
  }

  async #check(): Promise<Tree | undefined> {
    if (this.#tree === undefined) {
      this.#tree = this.#open();
      return this.#tree;
    }
    const tree = await this.#tree;
    return (await tree.isStill()) ? tree : undefined;
  }
}

/** The jail for one of several users, each of whom closes it. */
function leaseOf(jail: Jail, leave: () => void): Jail {
  let isClosed = false;
  return {
    at: jail.at,
    hanging: jail.hanging,
    makesLinks: jail.makesLinks,
    find: (path, last, grip) =>
      isClosed ? Promise.reject(new FileError('closed', { path })) : jail.find(path, last, grip),
    hostOf: (descriptor) => jail.hostOf(descriptor),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      leave();
    },
  };
}

/** Whether one folder of the host is the other, or within it: what is in both would have two sets of rules. */
function meet(one: string, other: string): boolean {
  const [a, b] = [`${resolve(one)}${sep}`, `${resolve(other)}${sep}`];
  return a.startsWith(b) || b.startsWith(a);
}

/** In words for the log, where no host path stands. */
function reasonOf(error: unknown): string {
  const name = errnoName(error);
  if (name === 'ENOTDIR' || name === 'ELOOP') return 'it is not a folder; a link is not followed here';
  return name ?? (error instanceof Error ? error.message : 'unknown');
}
