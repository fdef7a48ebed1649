// All homes of a server, and what they share: turns at the disk, and the uploads that are under way. Sweeps away what
// is left of uploads that were cut off.

import type { Log } from '../model/log.ts';
import type { JailKind } from './choose-jail.ts';
import { openHome } from './home.ts';
import { type Meters, UNCOUNTED_TREES } from './meter.ts';
import type { WalkMode } from './mounts.ts';
import type { Storage } from './storage.ts';
import { sweepHomes } from './sweep-homes.ts';
import { SharedTurns } from './turns.ts';
import { ActiveUploads } from './upload-aside.ts';
import type { UploadPolicy } from './upload-policy.ts';

const SWEEP_INTERVAL_MS = 3_600_000;

export interface HomesParts {
  readonly directory: string;
  readonly jail: JailKind;
  readonly walkMode: WalkMode;
  /** How uploads of a user reach the disk. */
  readonly uploads: (user: string) => UploadPolicy;
  /** Counts what is in the homes; unless told, nobody does. */
  readonly meters?: Meters;
  /** How long a file of `user` may become; without limit unless told. */
  readonly maxFileBytes?: (user: string) => number;
  /** How long what was cut off is kept in the home of `user`; undefined where nobody may have left anything. */
  readonly sweeping: () => ((user: string) => number) | undefined;
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
  readonly #meters: Meters;
  readonly #turns = new SharedTurns();
  readonly #active = new ActiveUploads();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(parts: HomesParts) {
    this.#parts = parts;
    this.#meters = parts.meters ?? UNCOUNTED_TREES;
  }

  startSweeping(): void {
    this.#sweep();
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  async open(user: string): Promise<Storage> {
    const turns = this.#turns.enter(user);
    const { maxFileBytes = () => Number.POSITIVE_INFINITY } = this.#parts;
    const { meter, leave } = this.#meters.enter(`home:${user}`);
    const onClose = (): void => {
      turns.leave();
      leave();
    };
    try {
      return await turns.opening.run(() =>
        openHome({
          homesDirectory: this.#parts.directory,
          user,
          jail: this.#parts.jail,
          walkMode: this.#parts.walkMode,
          partsOn: (device) => ({
            uploads: this.#parts.uploads(user),
            active: this.#active,
            turns: turns.on(device),
            meter,
            maxFileBytes: () => maxFileBytes(user),
            onClose,
          }),
        }),
      );
    } catch (error) {
      onClose();
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#sweeping;
  }

  #sweep(): void {
    const { directory, jail, walkMode, sweeping, log } = this.#parts;
    const { signal } = this.#closing;
    // Where nothing is left over, nobody's tree is walked for nothing.
    const keepMs = sweeping();
    if (keepMs === undefined) return;
    const [active, meters] = [this.#active, this.#meters];
    this.#sweeping = this.#sweeping
      .then(() => sweepHomes({ directory, jail, walkMode, keepMs, active, meters, signal, log }))
      .then(
        ({ removed, kept }) => log.info('swept uploads that were cut off', { removed, kept }),
        (error: unknown) => void log.unexpected(error, 'sweeping uploads that were cut off'),
      );
  }
}
