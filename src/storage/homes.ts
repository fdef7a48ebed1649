// All homes of a server, with the shared folders that are mounted in them, and what they share: turns at the disk. Sweeps
// away what is left of uploads that were cut off.

import type { Log } from '../model/log.ts';
import type { Tree } from '../model/usage.ts';
import type { ActiveUploads } from './active-uploads.ts';
import type { JailKind } from './choose-jail.ts';
import { openHome } from './home.ts';
import { type Meters, UNCOUNTED_TREES } from './meter.ts';
import { MountPoints } from './mount-points.ts';
import { openMountedStorage } from './mounted.ts';
import type { WalkMode } from './mounts.ts';
import { type FolderAt, SharedFolders } from './shared-folders.ts';
import { SharedMount, type SharedMountParts } from './shared-mount.ts';
import type { Storage } from './storage.ts';
import { sweepHomes } from './sweep-homes.ts';
import { createLocalCalls } from './system-calls.ts';
import { SharedTurns } from './turns.ts';
import type { UploadPolicy } from './upload-policy.ts';

const SWEEP_INTERVAL_MS = 3_600_000;

/** Who has which shared folders: what access/ makes of the rules. */
export interface FolderRules {
  /** The folders in the tree of `user`, none within another. */
  of(user: string): readonly FolderAt[];
  /** Calls `listener` after each change; returns what ends that. */
  onChange(listener: () => void): () => void;
}

export interface HomesParts {
  readonly directory: string;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  /** The shared folders: the folder of the host that holds them, and who has which. */
  readonly folders: { readonly directory: string; readonly rules: FolderRules };
  /** How uploads of a user reach the disk. */
  readonly uploads: (user: string) => UploadPolicy;
  /** The uploads under way, in other processes that serve these homes too. */
  readonly active: ActiveUploads;
  /** Counts what is in the homes and shared folders; unless told, nobody does. */
  readonly meters?: Meters;
  /** How long a file of `user` may become; without limit unless told. */
  readonly maxFileBytes?: (user: string) => number;
  /** How long what was cut off is kept in a tree; undefined where nobody may have left anything. */
  readonly sweeping: () => ((tree: Tree) => number) | undefined;
  readonly log: Log;
}

export interface Homes {
  /**
   * Opens the home of `user`, and makes it at the first login; see openHome. The user's shared folders are mounted in it.
   * Whose `signal` is aborted does not wait for a turn any longer.
   */
  open(user: string, signal?: AbortSignal): Promise<Storage>;
  /** Sweeps now, in the background, and every hour. To be called once. */
  startSweeping(): void;
  /** Ends the sweeping, and heeds no more rules. The homes that are open stay open. */
  close(): Promise<void>;
}

/** The homes in `directory`, which must be there: see makeHomesDirectory. */
export function openHomes(parts: HomesParts): Homes {
  return new OpenHomes(parts);
}

class OpenHomes implements Homes {
  readonly #parts: HomesParts;
  readonly #meters: Meters;
  readonly #turns = new SharedTurns();
  readonly #local = createLocalCalls();
  readonly #folders: SharedFolders;
  /** Of each open home: mounts what the rules say now. */
  readonly #mounting = new Set<() => void>();
  readonly #endRules: () => void;
  #rulesSinceMs = Date.now();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(parts: HomesParts) {
    this.#parts = parts;
    this.#meters = parts.meters ?? UNCOUNTED_TREES;
    const { folders, jail, walkMode, log } = parts;
    this.#folders = new SharedFolders({
      directory: folders.directory,
      homes: parts.directory,
      jail,
      walkMode,
      local: this.#local,
      turns: this.#turns.opening,
      log,
    });
    this.#endRules = folders.rules.onChange(() => {
      this.#rulesSinceMs = Date.now();
      for (const mount of this.#mounting) mount();
    });
  }

  startSweeping(): void {
    this.#sweep();
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  async open(user: string, signal?: AbortSignal): Promise<Storage> {
    const turns = this.#turns.enter(user);
    const points = new MountPoints();
    const { maxFileBytes = () => Number.POSITIVE_INFINITY } = this.#parts;
    const { meter, leave } = this.#meters.enter(`home:${user}`);
    const onClose = (): void => {
      turns.leave();
      leave();
    };
    const partsOn: SharedMountParts['partsOn'] = (device) => ({
      uploads: this.#parts.uploads(user),
      active: this.#parts.active,
      turns: turns.on(device),
      maxFileBytes: () => maxFileBytes(user),
    });
    try {
      const home = await turns.opening.run(
        () =>
          openHome({
            homesDirectory: this.#parts.directory,
            user,
            jail: this.#parts.jail,
            walkMode: this.#parts.walkMode,
            local: this.#local,
            standing: points,
            partsOn: (device) => ({ ...partsOn(device), meter, onClose }),
          }),
        signal,
      );
      const mount = (): void => this.#mount(points, { user, partsOn });
      mount();
      this.#mounting.add(mount);
      return openMountedStorage({ home, points, onClose: () => this.#mounting.delete(mount) });
    } catch (error) {
      onClose();
      throw error;
    }
  }

  /** Mounts what the rules give to `user`. What was mounted before and still is stays as it is. */
  #mount(points: MountPoints, { user, partsOn }: Pick<SharedMountParts, 'partsOn'> & { user: string }): void {
    const folders = this.#folders;
    const before = [...points.mounts];
    const mounts = this.#parts.folders.rules.of(user).map((folder) => {
      const same = before.find(({ name, at }) => name === folder.name && at === folder.at);
      return same ?? new SharedMount({ folder, folders, partsOn, meters: this.#meters });
    });
    points.set(mounts, this.#rulesSinceMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#endRules();
    this.#closing.abort();
    await this.#sweeping;
  }

  #sweep(): void {
    const { directory, folders, jail, walkMode, active, sweeping, log } = this.#parts;
    const { signal } = this.#closing;
    // Where nothing is left over, nobody's tree is walked for nothing.
    const keepMs = sweeping();
    if (keepMs === undefined) return;
    const directories = { home: directory, folder: folders.directory };
    const [local, meters] = [this.#local, this.#meters];
    this.#sweeping = this.#sweeping
      .then(() => sweepHomes({ directories, jail, walkMode, local, keepMs, active, meters, signal, log }))
      .then(
        ({ removed, kept }) => log.info('swept uploads that were cut off', { removed, kept }),
        (error: unknown) => void log.unexpected(error, 'sweeping uploads that were cut off'),
      );
  }
}
