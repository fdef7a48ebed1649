// Which process gets which connection: the one with the fewest, in turns among equals. Connections live for days or for a
// moment, so their number says more than whose turn it is. One at a time is on its way to each process: a busy one gets
// the next when it has taken the last, and meanwhile the others do. Knows no processes, only who takes.

import type { Socket } from 'node:net';

/** A process that takes connections. Tells of each by its number: `took`, and later `closed`. */
export interface Taker {
  hand(id: number, socket: Socket): void;
}

interface Waiting {
  readonly id: number;
  readonly socket: Socket;
  readonly done: () => void;
}

interface Taken {
  /** What to call when each connection is closed. */
  readonly open: Map<number, () => void>;
  onItsWay: number | undefined;
}

export class Handover {
  readonly #takers = new Map<Taker, Taken>();
  readonly #waiting: Waiting[] = [];
  #lastId = 0;
  #isClosed = false;

  join(taker: Taker): void {
    this.#takers.set(taker, { open: new Map(), onItsWay: undefined });
    this.#handOn();
  }

  /** The process is gone, and its connections are. */
  leave(taker: Taker): void {
    const taken = this.#takers.get(taker);
    this.#takers.delete(taker);
    for (const done of taken?.open.values() ?? []) done();
  }

  /** Hands a connection to one of the takers, as soon as there is one; resolves when it is closed. */
  take(socket: Socket): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        socket.destroy();
        resolve();
        return;
      }
      this.#lastId += 1;
      this.#waiting.push({ id: this.#lastId, socket, done: resolve });
      this.#handOn();
    });
  }

  took(taker: Taker, id: number): void {
    const taken = this.#takers.get(taker);
    if (taken?.onItsWay !== id) return;
    taken.onItsWay = undefined;
    this.#handOn();
  }

  closed(taker: Taker, id: number): void {
    const taken = this.#takers.get(taker);
    taken?.open.get(id)?.();
    taken?.open.delete(id);
  }

  /** Hands on no more; those that still wait are ended. */
  close(): void {
    this.#isClosed = true;
    for (const { socket, done } of this.#waiting.splice(0)) {
      socket.destroy();
      done();
    }
  }

  #handOn(): void {
    for (let taker = this.#nextTaker(); taker !== undefined && this.#waiting.length > 0; taker = this.#nextTaker()) {
      const next = this.#waiting.shift();
      const taken = this.#takers.get(taker);
      if (next === undefined || taken === undefined) return;
      taken.open.set(next.id, next.done);
      taken.onItsWay = next.id;
      // Behind those that have as many.
      this.#takers.delete(taker);
      this.#takers.set(taker, taken);
      taker.hand(next.id, next.socket);
    }
  }

  #nextTaker(): Taker | undefined {
    const free = [...this.#takers].filter(([, { onItsWay }]) => onItsWay === undefined);
    const fewest = Math.min(...free.map(([, { open }]) => open.size));
    return free.find(([, { open }]) => open.size === fewest)?.[0];
  }
}
