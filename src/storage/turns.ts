// Who may wait for the disk. Every call that does takes one of libuv's few threads until the disk has answered; when all
// are taken, nobody's files can be reached. So each user has a number of turns, and all users of one file system have
// another: a disk that does not answer takes these, and leaves the rest of the threads to everybody else. One session
// has three quarters of its user's, so that the others of that user go on.

import { FileError } from '../model/error.ts';

/** Takes turns: so many calls at a time, the others in the order they came. */
export class Turns {
  readonly #limit: number;
  readonly #beyond: Turns | undefined;
  readonly #waiting: Array<() => void> = [];
  #running = 0;

  /** Calls that have their turn here must still have one of `beyond`, when there is such. */
  constructor(limit: number, beyond?: Turns) {
    this.#limit = limit;
    this.#beyond = beyond;
  }

  /** Calls `start` when it has a turn: at once, or later. It must not throw, and be followed by `end()`, once. */
  take(start: () => void): void {
    if (this.#running >= this.#limit) {
      this.#waiting.push(start);
      return;
    }
    this.#running += 1;
    this.#goOn(start);
  }

  end(): void {
    this.#beyond?.end();
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else this.#goOn(next);
  }

  /**
   * Runs `call` in a turn of its own. It must take no other one: all could be held by calls that wait for another. Whose
   * `signal` is aborted waits no longer.
   *
   * @throws FileError `cancelled` when it was not begun; and what `call` throws
   */
  run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(new FileError('cancelled'));
      const settle = async (): Promise<void> => {
        try {
          resolve(await call());
        } catch (error) {
          reject(error);
        } finally {
          this.end();
        }
      };
      const start = (): void => {
        signal?.removeEventListener('abort', giveUp);
        void settle();
      };
      const giveUp = (): void => {
        const place = this.#waiting.indexOf(start);
        // It has its turn here, and waits for one beyond: there are no more of these than turns.
        if (place < 0) return;
        this.#waiting.splice(place, 1);
        reject(new FileError('cancelled'));
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.take(start);
    });
  }

  #goOn(start: () => void): void {
    if (this.#beyond === undefined) start();
    else this.#beyond.take(start);
  }
}

/** No limit, for a home that is used alone. */
export function freeTurns(): Turns {
  return new Turns(Number.POSITIVE_INFINITY);
}

/** The `st_dev` of a home; `mixed` for one in which a part may hang while the rest does not: all these have one pool. */
export type Device = number | 'mixed';

/** The turns of one session, out of those of its user. */
export interface UserTurns {
  /** For what is done before the device is known. */
  readonly opening: Turns;
  /** The same at each call for one device: a home and shared folders that are on it share. */
  on(device: Device): Turns;
  /** To be called once, when these are no longer needed. */
  leave(): void;
}

/** The turns of all users of a server. */
export class SharedTurns {
  /** For opening trees, of which it is not known yet what they are on. */
  readonly opening: Turns;
  readonly #perSession: number;
  readonly #perUser: number;
  readonly #perDevice: number;
  readonly #devices = new Map<Device, Turns>();
  readonly #users = new Map<string, { opening: Turns; devices: Map<Device, Turns>; entered: number }>();

  /** @param threads how many libuv works with: 4 is its default, main.cts asks for more */
  constructor(threads: number = threadCount()) {
    this.#perUser = Math.max(2, Math.floor(threads / 8));
    this.#perSession = Math.ceil((this.#perUser * 3) / 4);
    this.#perDevice = Math.max(2, Math.floor((threads * 3) / 4));
    this.opening = new Turns(this.#perUser);
  }

  enter(user: string): UserTurns {
    const own = this.#users.get(user) ?? { opening: new Turns(1, this.opening), devices: new Map(), entered: 0 };
    this.#users.set(user, own);
    own.entered += 1;
    const inSession = new Map<Device, Turns>();
    return {
      opening: own.opening,
      on: (device) => {
        const ofUser = own.devices.get(device) ?? new Turns(this.#perUser, this.#turnsOf(device));
        own.devices.set(device, ofUser);
        const turns = inSession.get(device) ?? new Turns(this.#perSession, ofUser);
        inSession.set(device, turns);
        return turns;
      },
      leave: () => {
        own.entered -= 1;
        if (own.entered === 0) this.#users.delete(user);
      },
    };
  }

  /** Kept for good: a server has a handful of file systems. */
  #turnsOf(device: Device): Turns {
    const turns = this.#devices.get(device) ?? new Turns(this.#perDevice);
    this.#devices.set(device, turns);
    return turns;
  }
}

function threadCount(): number {
  const asked = Number(process.env['UV_THREADPOOL_SIZE']);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, 1024) : 4;
}
