// Penalties of sources that misbehave before they are logged in, as OpenSSH 9.8 has them (PerSourcePenalties): each
// offence adds time; from a certain sum on, the source is turned away until the time is over. Accounts are never locked:
// that would let anybody lock anybody out.

import { type AddressList, sourceOf } from '../model/address.ts';
import type { Offence, Penalty } from '../model/penalty.ts';

export interface PenaltySettings {
  readonly offencesMs: Readonly<Record<Offence, number>>;
  /** Below this sum nothing is enforced: two typing errors harm nobody. */
  readonly minMs: number;
  /** No penalty is longer. */
  readonly maxMs: number;
  /** Sources remembered at most; beyond, those whose time is over soonest are forgotten. */
  readonly maxSources: number;
}

export class Penalties {
  readonly #settings: PenaltySettings;
  readonly #exempt: AddressList;
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #bySource = new Map<string, Penalty>();

  constructor(parts: {
    settings: PenaltySettings;
    exempt: AddressList;
    /** What an earlier run of the server left. */
    remembered?: readonly Penalty[];
    now?: () => number;
    onChange?: () => void;
  }) {
    this.#settings = parts.settings;
    this.#exempt = parts.exempt;
    this.#now = parts.now ?? Date.now;
    this.#onChange = parts.onChange ?? (() => {});
    for (const penalty of parts.remembered ?? []) this.#bySource.set(penalty.source, penalty);
    this.#forgetOld();
  }

  /** Whether connections from `address` are turned away now. */
  isEnforced(address: string): boolean {
    const penalty = this.#bySource.get(sourceOf(address));
    const leftMs = (penalty?.untilMs ?? 0) - this.#now();
    // More than the most can only be left where the clock was set back: nobody waits for it to catch up.
    return penalty?.isEnforced === true && leftMs > 0 && leftMs <= this.#settings.maxMs;
  }

  /** Adds the time of one offence; returns what the source has now, undefined for one that is exempt. */
  punish(address: string, offence: Offence): Penalty | undefined {
    const { offencesMs, minMs, maxMs, maxSources } = this.#settings;
    if (offencesMs[offence] === 0 || this.#exempt.includes(address)) return undefined;
    const source = sourceOf(address);
    const now = this.#now();
    const before = this.#bySource.get(source);
    const from = before === undefined ? now : Math.max(before.untilMs, now);
    const untilMs = Math.min(from + offencesMs[offence], now + maxMs);
    const isStillEnforced = before?.isEnforced === true && before.untilMs > now;
    const penalty: Penalty = {
      source,
      untilMs,
      isEnforced: isStillEnforced || untilMs - now >= minMs,
      lastOffence: offence,
    };
    this.#bySource.delete(source);
    this.#bySource.set(source, penalty);
    if (this.#bySource.size > maxSources) this.#forgetOld();
    this.#onChange();
    return penalty;
  }

  /** All whose time is not over, the longest first. */
  list(): Penalty[] {
    const now = this.#now();
    return [...this.#bySource.values()]
      .filter((penalty) => penalty.untilMs > now)
      .sort((one, other) => other.untilMs - one.untilMs);
  }

  /** Takes the penalty off a source, given as listed or as an address in it. False when there was none. */
  remove(address: string): boolean {
    const isGone = this.#bySource.delete(address) || this.#bySource.delete(sourceOf(address));
    if (isGone) this.#onChange();
    return isGone;
  }

  #forgetOld(): void {
    const now = this.#now();
    for (const [source, penalty] of this.#bySource) {
      if (penalty.untilMs <= now) this.#bySource.delete(source);
    }
    const { maxSources } = this.#settings;
    if (this.#bySource.size <= maxSources) return;
    // A tenth at once, so that a flood of sources does not sort the table for each of them.
    const soonest = [...this.#bySource.values()].sort((one, other) => one.untilMs - other.untilMs);
    const surplus = this.#bySource.size - maxSources + Math.floor(maxSources / 10);
    for (const { source } of soonest.slice(0, surplus)) this.#bySource.delete(source);
  }
}
