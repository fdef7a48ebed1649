// A file that is open in a tree that may have a quota. All who have one file open in this process share an OpenInode: so
// they agree on what is paid for. A write within that asks nobody; one beyond it pays first.

import type { Stats } from 'node:fs';
import type { Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Inode, Ledger, Refusal } from './ledger.ts';

/** What this process knows of a file that it has open. */
export class OpenInode {
  readonly key: Inode;
  readonly ledger: Ledger;
  handles = 1;
  paidBytes = 0;
  /** Beyond this nobody here writes: what is paid for besides can be given back at any time. */
  neededBytes = 0;
  /** Changes of its size that are under way, and that have ended. */
  writing = 0;
  written = 0;
  /** What is paid for may be more than there is: it is looked at when no write is under way. */
  isLoose = false;
  /** The ledger has let us pay for more than we asked: that is left until the file is closed. */
  isAhead = false;
  /** Settles when `paidBytes` is known. */
  ready: Promise<void> = Promise.resolve();
  /** How often what was paid ahead was taken back. */
  #timesTakenBack = 0;
  /** What was paid too much is being given back: nobody pays meanwhile, lest the two cross. */
  settling: Promise<void> = Promise.resolve();

  constructor(key: Inode, ledger: Ledger) {
    this.key = key;
    this.ledger = ledger;
  }

  /** This is paid for, and all that there is. */
  begin(bytes: number): void {
    this.paidBytes = bytes;
    this.neededBytes = bytes;
  }

  /** Gives back what was paid ahead and is not used. Returns what is needed; to write beyond it must be paid again. */
  takeBack(): number {
    this.#timesTakenBack += 1;
    this.paidBytes = Math.min(this.paidBytes, this.neededBytes);
    return this.neededBytes;
  }

  /** @throws FileError `quota-exceeded` */
  async pay(bytes: number, isAppend: boolean): Promise<void> {
    await this.settling;
    const timesTakenBack = this.#timesTakenBack;
    if (!isAppend) this.neededBytes = Math.max(this.neededBytes, bytes);
    const grant = await this.ledger.extend(this.key, bytes, isAppend);
    if ('refusal' in grant) throw quotaExceeded(grant.refusal);
    if (grant.paidBytes > bytes) this.isAhead = true;
    // What was on its way when it was taken back holds no longer, but for what was asked.
    const isWhole = this.#timesTakenBack === timesTakenBack;
    this.paidBytes = Math.max(this.paidBytes, isWhole ? grant.paidBytes : isAppend ? 0 : bytes);
  }
}

/** What a HeldFile needs of the open file that it stands for. */
export interface OpenDescriptor {
  readonly stats: () => Promise<Stats>;
  /** Resolves when no write is under way that began before it was counted. */
  readonly quiet: () => Promise<void>;
}

/** What a HeldFile needs of its meter. */
export interface Holder {
  readonly isCounting: boolean;
  /** Settles when all that was open when counting began is counted. */
  readonly turning: Promise<void>;
  open(stats: Stats, again: () => Promise<Stats>): Promise<OpenInode>;
  close(inode: OpenInode, stats: () => Promise<Stats>): Promise<void>;
  forget(file: HeldFile): void;
  space(disk: Space): Promise<Space>;
}

export class HeldFile {
  readonly #holder: Holder;
  #inode: OpenInode | undefined;
  #stats: OpenDescriptor['stats'];
  #quiet: OpenDescriptor['quiet'] | undefined;
  #adopting: Promise<void> | undefined;
  #timesAbandoned = 0;
  #isEnding = false;

  constructor(parts: { holder: Holder; inode: OpenInode | undefined; stats: OpenDescriptor['stats'] }) {
    this.#holder = parts.holder;
    this.#inode = parts.inode;
    this.#stats = parts.stats;
  }

  /** To be called when the file is handed out. */
  attach({ stats, quiet }: OpenDescriptor): void {
    this.#stats = stats;
    this.#quiet = quiet;
    // Counting may have begun since it was opened.
    if (this.#holder.isCounting) void this.adopt().catch(() => undefined);
  }

  /** Whether writes must be made through this. */
  get isCounted(): boolean {
    return this.#inode !== undefined || this.#adopting !== undefined;
  }

  get inode(): OpenInode | undefined {
    return this.#inode;
  }

  /** Counts it from now on, though it was opened when nothing was counted. */
  adopt(): Promise<void> {
    const quiet = this.#quiet;
    if (this.isCounted || this.#isEnding || quiet === undefined) return this.#adopting ?? Promise.resolve();
    const timesAbandoned = this.#timesAbandoned;
    const adopting = (async () => {
      await quiet();
      if (this.#timesAbandoned !== timesAbandoned) return;
      const inode = await this.#holder.open(await this.#stats(), () => this.#stats());
      if (this.#timesAbandoned === timesAbandoned) this.#inode = inode;
      // Counting has ended meanwhile; if it has begun again, another call counts it.
      else await this.#holder.close(inode, () => this.#stats());
    })();
    this.#adopting = adopting;
    return adopting;
  }

  /** Settles when nobody begins to count it, with what the last one who did has come to. */
  async #adopted(): Promise<void> {
    for (let last = this.#adopting; last !== undefined; ) {
      await last;
      if (last === this.#adopting) return;
      last = this.#adopting;
    }
  }

  /** Counts it no more. */
  abandon(): void {
    this.#timesAbandoned += 1;
    this.#inode = undefined;
    this.#adopting = undefined;
  }

  /** Writes up to `endBytes`. @throws FileError `quota-exceeded`, and what `write` throws */
  writing(endBytes: number, write: () => Promise<void>): Promise<void> {
    return this.#changing(endBytes, false, write);
  }

  /** Writes `bytes` at the end, wherever that is by then. */
  appending(bytes: number, write: () => Promise<void>): Promise<void> {
    return this.#changing(bytes, true, write);
  }

  /** Makes the file `sizeBytes` long. */
  resizing(sizeBytes: number, resize: () => Promise<void>): Promise<void> {
    return this.#changing(sizeBytes, false, resize, true);
  }

  space(disk: Space): Promise<Space> {
    return this.#holder.space(disk);
  }

  /**
   * To be called before the descriptor is closed, when nothing is under way on it any more. Undefined where there is
   * nothing to wait for.
   */
  finish(): Promise<void> | undefined {
    this.#isEnding = true;
    return this.isCounted ? this.#finish() : undefined;
  }

  /**
   * To be called once: before the descriptor is closed, or in the `exclusively` in which the file gets its name or loses
   * it. Later, what has lost its name may be gone, and its inode that of a new file.
   */
  release(): Promise<void> | undefined {
    this.#holder.forget(this);
    const inode = this.#inode;
    this.#inode = undefined;
    return inode === undefined ? undefined : this.#holder.close(inode, () => this.#stats());
  }

  async #finish(): Promise<void> {
    await this.#adopted().catch(() => undefined);
    const inode = this.#inode;
    if (inode !== undefined && (inode.isLoose || inode.isAhead) && inode.writing === 0) await this.#settle(inode);
  }

  async #changing(
    bytes: number,
    isAppend: boolean,
    change: () => Promise<void>,
    mayShrink: boolean = isAppend,
  ): Promise<void> {
    await this.#adopted();
    const inode = this.#inode;
    if (inode === undefined) return change();
    inode.writing += 1;
    try {
      if (isAppend || bytes > inode.paidBytes) {
        await this.#holder.turning;
        await inode.pay(bytes, isAppend);
      } else inode.neededBytes = Math.max(inode.neededBytes, bytes);
      // Of appends and cuts it is not known what they leave, as others may write meanwhile.
      if (mayShrink) inode.isLoose = true;
      await change();
    } catch (error) {
      inode.isLoose = true;
      throw error;
    } finally {
      inode.writing -= 1;
      inode.written += 1;
      if (inode.isLoose && inode.writing === 0) await this.#settle(inode);
    }
  }

  /** Whoever writes meanwhile leaves it to be done again. */
  async #settle(inode: OpenInode): Promise<void> {
    const { written } = inode;
    // A disk that does not tell is asked again after the next write.
    const stats = await this.#stats().catch(() => undefined);
    if (stats === undefined || inode.writing > 0 || inode.written !== written) return;
    inode.isLoose = false;
    inode.isAhead = false;
    inode.begin(stats.size);
    inode.settling = inode.ledger.settle(inode.key, stats.size);
    await inode.settling;
  }
}

/** What the user is told. */
export function quotaExceeded({ of, used, limit }: Refusal): FileError {
  const what = of === 'bytes' ? 'bytes are used' : 'files and folders are there';
  return new FileError('quota-exceeded', { detail: `${used} of ${limit} ${what}` });
}
