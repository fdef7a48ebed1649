// Which new connections are taken up, which must wait a moment, and which are dropped. Only counts and time: sockets are
// the listener's. A server has one of these, however many processes serve. The limits are those of OpenSSH's MaxStartups and
// PerSourceMaxStartups, with two differences: a burst of one source is made to wait before chance decides who is dropped,
// and of what other sources have under way each counts as half of `begin` at most.

import { sourceOf } from '../model/address.ts';
import { type Lease, leaseOf } from '../model/lease.ts';

export interface AdmissionLimits {
  /** MaxStartups `begin:rate:full`, counting connections that have not logged in. */
  readonly maxStartups: { readonly begin: number; readonly ratePercent: number; readonly full: number };
  /** PerSourceMaxStartups: such connections of one source. */
  readonly maxStartupsPerSource: number;
  /** New connections of one source in a second, above which they are delayed. */
  readonly connectionsPerSecond: number;
}

/** Why a connection is not taken up: its source has a penalty, or there are too many. */
export type Refused = 'turned-away' | 'dropped';

/**
 * How long a connection above `begin` waits for others of its own source to log in, before chance decides: a client that
 * opens twenty at once harms itself alone. A source that has none under way is not made to wait for those of others.
 */
const PATIENCE_MS = 10_000;

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #isTurnedAway: (address: string) => boolean;
  readonly #random: () => number;
  readonly #bySource = new Map<string, Source>();
  /** Taken up and not logged in, of each source no more than `#share`: whoever opens many harms the own chances alone. */
  #crowd = 0;
  readonly #share: number;
  /** Taken up or waiting. */
  #present = 0;
  readonly #waiting = new Set<() => void>();

  constructor(parts: {
    limits: AdmissionLimits;
    /** Whether the source of this address has a penalty now. */
    isTurnedAway: (address: string) => boolean;
    random?: () => number;
  }) {
    this.#limits = parts.limits;
    this.#share = Math.max(1, Math.floor(parts.limits.maxStartups.begin / 2));
    this.#isTurnedAway = parts.isTurnedAway;
    this.#random = parts.random ?? Math.random;
  }

  /** Connections that have not logged in, waiting ones too. */
  get present(): number {
    return this.#present;
  }

  /**
   * Resolves to a place among those that have not logged in, once the connection may be taken up; to be given back when
   * it has logged in, or has ended. `signal` says that it ended by itself meanwhile.
   */
  async arrive(address: string, signal: AbortSignal): Promise<Lease | Refused> {
    if (this.#isTurnedAway(address)) return 'turned-away';
    const { maxStartups, maxStartupsPerSource } = this.#limits;
    const name = sourceOf(address);
    const source = this.#source(name);
    if (this.#present >= maxStartups.full || source.present >= maxStartupsPerSource) {
      this.#forget(name, source);
      return 'dropped';
    }
    this.#present += 1;
    source.present += 1;
    let isTaken = false;
    const place = leaseOf(() => {
      this.#present -= 1;
      source.present -= 1;
      if (isTaken) {
        source.started -= 1;
        if (source.started < this.#share) this.#crowd -= 1;
      }
      this.#forget(name, source);
      for (const retry of [...this.#waiting]) retry();
    });
    await delay(this.#delayOf(source), signal);
    const load = (): number => this.#crowd + Math.max(0, source.started - this.#share);
    const isFree = (): boolean => load() < maxStartups.begin;
    const patienceEndsMs = performance.now() + PATIENCE_MS;
    // When one place becomes free, all who wait for it are told, and one is the first.
    while (!isFree() && source.started > 0 && !signal.aborted) {
      const leftMs = patienceEndsMs - performance.now();
      if (leftMs <= 0) break;
      await this.#untilFree(isFree, leftMs, signal);
    }
    if (signal.aborted || (!isFree() && this.#isUnlucky(load()))) {
      place.release();
      return 'dropped';
    }
    isTaken = true;
    if (source.started < this.#share) this.#crowd += 1;
    source.started += 1;
    return place;
  }

  /** How long the source's next connection must wait, so that no more than so many begin in a second. */
  #delayOf(source: Source): number {
    const now = performance.now();
    const stepMs = 1000 / this.#limits.connectionsPerSecond;
    // A second's worth may come at once.
    source.nextMs = Math.max(source.nextMs + stepMs, now - 1000 + stepMs);
    return source.nextMs - now;
  }

  #untilFree(isFree: () => boolean, limitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(retry);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const retry = (): void => {
        if (isFree()) done();
      };
      const timer = setTimeout(done, limitMs);
      this.#waiting.add(retry);
      signal.addEventListener('abort', done);
    });
  }

  /** The chance to be dropped grows from `rate` at `begin` to certainty at `full`, as in sshd_config(5). */
  #isUnlucky(load: number): boolean {
    const { begin, ratePercent, full } = this.#limits.maxStartups;
    const share = full === begin ? 1 : (load - begin) / (full - begin);
    return this.#random() * 100 < ratePercent + (100 - ratePercent) * share;
  }

  #source(name: string): Source {
    let source = this.#bySource.get(name);
    if (source === undefined) {
      source = { present: 0, started: 0, nextMs: 0 };
      this.#bySource.set(name, source);
    }
    return source;
  }

  /** Forgets a source that has no connection and no delay left, so that the table stays as large as what is going on. */
  #forget(name: string, source: Source): void {
    // It may have been forgotten meanwhile, and another of that name be counted.
    if (source.present > 0 || this.#bySource.get(name) !== source) return;
    if (source.nextMs <= performance.now() - 1000) this.#bySource.delete(name);
    else setTimeout(() => this.#forget(name, source), 2000).unref();
  }
}

interface Source {
  present: number;
  started: number;
  /** When its latest connection was let through, on the clock of `performance.now()`. */
  nextMs: number;
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
