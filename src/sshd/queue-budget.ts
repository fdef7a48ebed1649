// Keeps what is queued in all connections together below a budget. Each connection is bounded by itself; a thousand of
// them at their bounds would still be too much.

/** A connection as the budget sees it. */
export interface Queue {
  /** Bytes waiting to be handled or sent. */
  readonly queuedBytes: number;
  /** Reads no more from the peer, until `release`. */
  hold(): void;
  release(): void;
}

export class QueueBudget {
  readonly #maxBytes: number;
  readonly #held = new Set<Queue>();

  constructor({ maxBytes }: { maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  /** To be called regularly with all connections there are. */
  check(queues: readonly Queue[]): void {
    for (const queue of this.#held) if (!queues.includes(queue)) this.#held.delete(queue);
    const total = queues.reduce((sum, queue) => sum + queue.queuedBytes, 0);
    if (total > this.#maxBytes) {
      // Half of what would be everybody's fair share: who has less is not what fills the memory.
      const share = this.#maxBytes / queues.length / 2;
      for (const queue of queues) {
        if (queue.queuedBytes <= share) continue;
        this.#held.add(queue);
        queue.hold();
      }
    } else if (total < this.#maxBytes * 0.75) {
      for (const queue of this.#held) queue.release();
      this.#held.clear();
    }
  }
}
