// How fast the bytes of one user go in one direction: all sessions of the user together as fast as is allowed, and no
// faster. Sessions that wait take turns, a few KiB each; what one session asks for goes in the order it was asked. So a
// large request delays its own session, and the others of the user by one turn. Nothing is saved up but an eighth of a
// second.

import { FileError } from '../model/error.ts';

export interface Clock {
  nowMs(): number;
  /** Calls `call` later; returns what prevents that. */
  after(delayMs: number, call: () => void): () => void;
}

/** What a session may have of a second before another one has its turn. */
const TURN_BYTES = 16 * 1024;

const MOST_SAVED_SECONDS = 1 / 8;

/** Looked at so often while somebody waits: a rate that was changed counts within the longer of them. */
const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 125;

/** Something that waits to go. */
interface Waiting {
  bytesLeft: number;
  readonly bytes: number;
  readonly go: () => void;
}

/** A session that waits. */
interface Lane {
  readonly session: object;
  readonly queue: Waiting[];
  turnBytesLeft: number;
}

export class Pacer {
  readonly #bytesPerSecond: () => number | undefined;
  readonly #clock: Clock;
  /** The first has its turn. */
  #lanes: Lane[] = [];
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
   * Resolves when `bytes` may go for `session`; undefined when they may at once. When `signal` is aborted they leave
   * the queue, and what they had got is for the others.
   *
   * @throws FileError `cancelled`
   */
  pass(session: object, bytes: number, signal: AbortSignal): Promise<void> | undefined {
    const rate = this.#bytesPerSecond();
    if (rate === undefined && this.#lanes.length === 0) return undefined;
    if (signal.aborted) return Promise.reject(new FileError('cancelled'));
    this.#save();
    if (this.#lanes.length === 0 && this.#savedBytes >= bytes) {
      this.#savedBytes -= bytes;
      return undefined;
    }
    return this.#wait(session, bytes, signal);
  }

  #wait(session: object, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const lane = this.#lanes.find((other) => other.session === session) ?? this.#newLane(session);
      const leave = (): void => {
        this.#savedBytes += waiting.bytes - waiting.bytesLeft;
        lane.queue.splice(lane.queue.indexOf(waiting), 1);
        if (lane.queue.length === 0) this.#lanes.splice(this.#lanes.indexOf(lane), 1);
        reject(new FileError('cancelled'));
        this.#serve();
      };
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting: Waiting = { bytes, bytesLeft: bytes, go };
      signal.addEventListener('abort', leave, { once: true });
      lane.queue.push(waiting);
      this.#serve();
    });
  }

  #newLane(session: object): Lane {
    const lane: Lane = { session, queue: [], turnBytesLeft: TURN_BYTES };
    this.#lanes.push(lane);
    return lane;
  }

  /** Lets go what may go now, and looks again when there may be more. */
  #serve(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#save();
    for (let lane = this.#lanes[0]; lane !== undefined; lane = this.#lanes[0]) {
      const [waiting] = lane.queue;
      if (waiting === undefined) {
        this.#lanes.shift();
        continue;
      }
      const bytes = Math.min(waiting.bytesLeft, lane.turnBytesLeft, Math.floor(this.#savedBytes));
      if (bytes === 0) {
        this.#pause(Math.min(waiting.bytesLeft, lane.turnBytesLeft));
        return;
      }
      this.#savedBytes -= bytes;
      waiting.bytesLeft -= bytes;
      lane.turnBytesLeft -= bytes;
      if (waiting.bytesLeft === 0) {
        lane.queue.shift();
        waiting.go();
      }
      if (lane.turnBytesLeft > 0) continue;
      lane.turnBytesLeft = TURN_BYTES;
      this.#lanes.push(...this.#lanes.splice(0, 1));
    }
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
    else this.#savedBytes = Math.min(this.#savedBytes + rate * passedSeconds, Math.max(1, rate * MOST_SAVED_SECONDS));
  }
}
