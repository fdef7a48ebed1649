// All homes of a server, and what they share: turns at the disk. Sweeps away what is left of uploads that were cut off.

import type { Log } from '../model/log.ts';
import type { ActiveUploads } from './active-uploads.ts';
import type { JailKind } from './choose-jail.ts';
import { openHome } from './home.ts';
import type { WalkMode } from './mounts.ts';
import type { Storage } from './storage.ts';
import { sweepHomes } from './sweep-homes.ts';
import { createLocalCalls } from './system-calls.ts';
import { SharedTurns } from './turns.ts';
import type { UploadPolicy } from './upload-policy.ts';

const SWEEP_INTERVAL_MS = 3_600_000;

export interface HomesParts {
  readonly directory: string;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  /** How uploads of a user reach the disk. */
  readonly uploads: (user: string) => UploadPolicy;
  /** The uploads under way, in other processes that serve these homes too. */
  readonly active: ActiveUploads;
  /** How long leftovers of atomic uploads are kept; undefined where nobody uploads so. */
  readonly sweeping: { readonly keepMs: number | undefined };
  readonly log: Log;
}

export interface Homes {
  /** Opens the home of `user`, and makes it at the first login; see openHome. */
  open(user: string): Promise<Storage>;
  /** Sweeps now, in the background, and every hour. To be called once. */
  startSweeping(): void;
  /** Ends the sweeping. The homes that are open stay open. */
  close(): Promise<void>;
}

/** The homes in `directory`, which must be there: see makeHomesDirectory. */
export function openHomes(parts: HomesParts): Homes {
  return new OpenHomes(parts);
}

class OpenHomes implements Homes {
  readonly #parts: HomesParts;
  readonly #turns = new SharedTurns();
  readonly #local = createLocalCalls();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(parts: HomesParts) {
    this.#parts = parts;
  }

  startSweeping(): void {
    // Where nothing is uploaded atomically nothing is left over, and nobody's tree is walked for nothing.
    const { keepMs } = this.#parts.sweeping;
    if (keepMs === undefined) return;
    this.#sweep(keepMs);
    this.#timer = setInterval(() => this.#sweep(keepMs), SWEEP_INTERVAL_MS).unref();
  }

  async open(user: string): Promise<Storage> {
    const turns = this.#turns.enter(user);
    try {
      return await turns.opening.run(() =>
        openHome({
          homesDirectory: this.#parts.directory,
          user,
          jail: this.#parts.jail,
          walkMode: this.#parts.walkMode,
          local: this.#local,
          partsOn: (device) => ({
            uploads: this.#parts.uploads(user),
            active: this.#parts.active,
            turns: turns.on(device),
            onClose: turns.leave,
          }),
        }),
      );
    } catch (error) {
      turns.leave();
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#sweeping;
  }

  #sweep(keepMs: number): void {
    const { directory, jail, walkMode, active, log } = this.#parts;
    const { signal } = this.#closing;
    this.#sweeping = this.#sweeping
      .then(() => sweepHomes({ directory, jail, walkMode, local: this.#local, keepMs, active, signal, log }))
      .then(
        ({ removed, kept }) => log.info('swept uploads that were cut off', { removed, kept }),
        (error: unknown) => void log.unexpected(error, 'sweeping uploads that were cut off'),
      );
  }
}
