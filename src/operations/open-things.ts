// What is open, of everybody: files, folders, and copies under way. Rights are decided when something is opened; when the
// rules change, what would not be opened any more is closed.

export interface OpenThing {
  /** Whether the rules as they are now would let it be opened as it is. */
  isAllowed(): boolean;
  /** Closes it, files as abandoned; what is asked of it later fails with `permission-denied`. */
  revoke(): void;
}

export class OpenThings {
  readonly #things = new Set<OpenThing>();

  /** Until it is removed. */
  add(thing: OpenThing): void {
    this.#things.add(thing);
  }

  remove(thing: OpenThing): void {
    this.#things.delete(thing);
  }

  /** Looks at everything again, and returns how many it took away. */
  recheck(): number {
    let revoked = 0;
    for (const thing of this.#things) {
      if (thing.isAllowed()) continue;
      this.#things.delete(thing);
      thing.revoke();
      revoked += 1;
    }
    return revoked;
  }
}
