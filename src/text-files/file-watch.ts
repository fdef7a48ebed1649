// Tells when a file has become another and has come to rest. Knows nothing of what is in it.
// fs.watch makes it quick; looking once a second makes it sure: not every file system reports changes (network, FUSE),
// and a link whose target changes reports nothing at all.

import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../model/log.ts';
import { readStamp } from './small-file.ts';

export interface FileWatchOptions {
  readonly file: string;
  /** The stamp of what is known already. */
  readonly stamp: string | undefined;
  readonly onChange: () => Promise<void>;
  readonly log: Log;
  readonly pollMs?: number;
  /** How long a file must have stayed the same: an editor may empty it before it writes. */
  readonly settleMs?: number;
}

// A file that never rests is read all the same: a removed user must be gone within two seconds.
const MAX_ROUNDS = 5;
/** No file has this stamp. */
const NOT_SEEN = 'not seen';

export class FileWatch {
  readonly #options: Required<FileWatchOptions>;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #stamp: string | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  readonly #closing = new AbortController();

  constructor(options: FileWatchOptions) {
    this.#options = { pollMs: 1000, settleMs: 100, ...options };
    this.#stamp = options.stamp;
    this.#timer = setInterval(() => this.#notice(), this.#options.pollMs).unref();
    this.#listen();
  }

  /** Resolves when nothing is looked at any more, and what was begun by a change is done. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    this.#watcher?.close();
    await this.#looking;
  }

  /** What changed last was not seen: the next look takes the file for changed. */
  lookAgain(): void {
    this.#stamp = NOT_SEEN;
  }

  #listen(): void {
    const { file, log } = this.#options;
    const unwatchable = (error: unknown): void =>
      log.debug('the system reports no changes of the file; looking once a second', { error: String(error) });
    try {
      // The folder, not the file: editors put a new file in the place of the old one.
      this.#watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(file)) this.#notice();
      });
      this.#watcher.on('error', unwatchable);
    } catch (error) {
      // No inotify left, or none at all: the timer does it.
      unwatchable(error);
    }
  }

  #notice(): void {
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = this.#look()
      .catch((error: unknown) => void this.#options.log.unexpected(error, 'looking at a watched file'))
      .finally(() => {
        this.#looking = undefined;
        if (this.#lookAgain && !this.#closing.signal.aborted) {
          this.#lookAgain = false;
          this.#notice();
        }
      });
  }

  async #look(): Promise<void> {
    const { file, settleMs, onChange } = this.#options;
    const { signal } = this.#closing;
    let stamp = await readStamp(file);
    if (stamp === this.#stamp) return;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      await delay(settleMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      const before = stamp;
      stamp = await readStamp(file);
      if (stamp === before) break;
    }
    if (signal.aborted) return;
    this.#stamp = stamp;
    await onChange();
  }
}
