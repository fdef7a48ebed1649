// How fast the bytes of one user go in one direction: all sessions of the user together as fast as is allowed, and no
// faster. Of the sessions that wait, the one that has had least is next, a few KiB at a time; what one session asks for
// goes in the order it was asked. So a large request delays its own session, and the others of the user by a few KiB.
// Nothing is saved up but an eighth of a second.

import { FileError } from '../model/error.ts';

export interface Clock {
  nowMs(): number;
  /** Calls `call` later; returns what prevents that. */
  after(delayMs: number, call: () => void): () => void;
}

/** What goes at a time. */
const PIECE_BYTES = 16 * 1024;

/** How long a user's rate may be saved up, and how far a session that was away may be behind the others. */
const SAVED_SECONDS = 1 / 8;

/** While somebody waits it is looked at so often: a rate that was changed counts within the longer of them. */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 125;

/** Something that waits to go. */
interface Waiting {
  readonly bytes: number;
  bytesLeft: number;
  readonly signal: AbortSignal;
  readonly go: () => void;
  readonly fail: () => void;
}

/** What one session has had, in bytes, beside what the others have had; and what it waits for. */
interface Lane {
  hadBytes: number;
  queue: Waiting[];
}

export class Pacer {
  readonly #bytesPerSecond: () => number | undefined;
  readonly #clock: Clock;
  readonly #lanes = new WeakMap<object, Lane>();
  /** Those in which something waits. */
  readonly #waiting = new Set<Lane>();
  /** What the session had had that was served last. */
  #hadBytes = 0;
  #savedBytes = 0;
  /** Undefined: nobody has come yet. */
  #savedAtMs: number | undefined;
  #cancelPause: (() => void) | undefined;

  /** `bytesPerSecond` is asked each time; undefined is as fast as it goes. */
  constructor(parts: { bytesPerSecond: () => number | undefined; clock: Clock }) {
    this.#bytesPerSecond = parts.bytesPerSecond;
    this.#clock = parts.clock;
  }

  /**
   * Resolves when `bytes` may go for `session`; undefined when they may at once.
   *
   * @throws FileError `cancelled` once `signal` is aborted and `abort` was called
   */
  pass(session: object, bytes: number, signal: AbortSignal): Promise<void> | undefined {
    // In a lane it would be at the front for good, as nothing of it can ever go.
    if (bytes === 0) return undefined;
    if (this.#bytesPerSecond() === undefined && this.#waiting.size === 0) return undefined;
    if (signal.aborted) return Promise.reject(new FileError('cancelled'));
    this.#save();
    const lane = this.#laneOf(session);
    if (this.#waiting.size === 0 && this.#savedBytes >= bytes) {
      this.#give(lane, bytes);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new FileError('cancelled'));
      lane.queue.push({ bytes, bytesLeft: bytes, signal, go: resolve, fail });
      this.#waiting.add(lane);
      this.#serve();
    });
  }

  /** What waits with an aborted signal leaves its place; what it had got already is for the others. */
  abort(session: object): void {
    const lane = this.#lanes.get(session);
    if (lane === undefined) return;
    const left = lane.queue.filter(({ signal }) => signal.aborted);
    lane.queue = lane.queue.filter(({ signal }) => !signal.aborted);
    if (lane.queue.length === 0) this.#waiting.delete(lane);
    for (const { bytes, bytesLeft, fail } of left) {
      this.#give(lane, bytesLeft - bytes);
      fail();
    }
    this.#serve();
  }

  /** Whoever comes again was away for a while, and can't have been behind all that time. */
  #laneOf(session: object): Lane {
    const lane = this.#lanes.get(session) ?? { hadBytes: 0, queue: [] };
    this.#lanes.set(session, lane);
    if (lane.queue.length === 0) lane.hadBytes = Math.max(lane.hadBytes, this.#hadBytes - this.#mostSavedBytes());
    return lane;
  }

  /** Lets go what may go now, and looks again when there may be more. */
  #serve(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#save();
    for (let lane = this.#next(); lane !== undefined; lane = this.#next()) {
      const [first] = lane.queue;
      if (first === undefined) return;
      this.#hadBytes = lane.hadBytes;
      const bytes = Math.min(first.bytesLeft, PIECE_BYTES, Math.floor(this.#savedBytes));
      if (bytes === 0) {
        this.#pause(Math.min(first.bytesLeft, PIECE_BYTES));
        return;
      }
      this.#give(lane, bytes);
      first.bytesLeft -= bytes;
      if (first.bytesLeft > 0) continue;
      lane.queue.shift();
      if (lane.queue.length === 0) this.#waiting.delete(lane);
      first.go();
    }
  }

  /** The session that has had least, of those that wait. */
  #next(): Lane | undefined {
    let next: Lane | undefined;
    for (const lane of this.#waiting) if (next === undefined || lane.hadBytes < next.hadBytes) next = lane;
    return next;
  }

  #give(lane: Lane, bytes: number): void {
    this.#savedBytes -= bytes;
    lane.hadBytes += bytes;
  }

  #pause(missingBytes: number): void {
    const rate = this.#bytesPerSecond() ?? 1;
    const delayMs = ((missingBytes - this.#savedBytes) * 1000) / rate;
    this.#cancelPause = this.#clock.after(Math.min(Math.max(delayMs, MIN_PAUSE_MS), MAX_PAUSE_MS), () => this.#serve());
  }

  #save(): void {
    const rate = this.#bytesPerSecond();
    const nowMs = this.#clock.nowMs();
    const passedSeconds = this.#savedAtMs === undefined ? 1 : Math.max(0, nowMs - this.#savedAtMs) / 1000;
    this.#savedAtMs = nowMs;
    if (rate === undefined) this.#savedBytes = Number.POSITIVE_INFINITY;
    else this.#savedBytes = Math.min(this.#savedBytes + rate * passedSeconds, this.#mostSavedBytes());
  }

  #mostSavedBytes(): number {
    return Math.max(1, (this.#bytesPerSecond() ?? 0) * SAVED_SECONDS);
  }
}
