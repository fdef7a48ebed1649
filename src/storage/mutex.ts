// One at a time, in the order in which they came.

export class Mutex {
  readonly #waiting: Array<() => void> = [];
  #isTaken = false;

  acquire(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** To be called once for each acquire. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  get isFree(): boolean {
    return !this.#isTaken;
  }
}
