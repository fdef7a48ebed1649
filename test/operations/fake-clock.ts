// Time that passes when the test says so.

import type { Clock } from '../../src/operations/pacer.ts';

interface Alarm {
  readonly atMs: number;
  readonly call: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  readonly #alarms = new Set<Alarm>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, call };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** How many wait for their time. */
  get alarms(): number {
    return this.#alarms.size;
  }

  /** Lets time pass, alarm by alarm; what follows from each is done before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const [next] = [...this.#alarms].filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs);
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.call();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = endMs;
  }
}
