// Which requests of a session may run at the same time. A client must not be able to tell the answers from those of a
// server that takes one request after the other; within that rule as much as possible runs at once.

/** What a request works on. */
export interface Claim {
  /** The open handles it names. */
  readonly handles: readonly object[];
  /** Whether it names files by path: then it may meet anything, also what a handle is open on. */
  readonly paths: boolean;
  /** Whether anything looks different when it is done. */
  readonly changes: boolean;
}

/**
 * Whether `later` must wait for `earlier`: both name the same handle, or one of them changes something and one of them
 * names a path. Requests on different handles never wait for each other.
 *
 * On one handle even those keep their order that would not meet. Writes, because an upload that is cut off must have no
 * hole before what arrived: clients resume by the file's length. Reads, because OpenSSH's scp takes answers that come in
 * another order for the end of the file, and cuts off what it has downloaded, without an error.
 */
export function mustWait(later: Claim, earlier: Claim): boolean {
  if (later.handles.some((handle) => earlier.handles.includes(handle))) return true;
  return (later.changes || earlier.changes) && (later.paths || earlier.paths);
}

interface Entry {
  readonly claim: Claim;
  readonly work: () => Promise<void>;
  /** How many unfinished requests came before this one and hold it up. */
  waitsFor: number;
  readonly heldUp: Entry[];
}

export interface Order {
  /** Starts `work`, which must not reject, as soon as all earlier work that it must wait for is done: maybe at once. */
  add(claim: Claim, work: () => Promise<void>): void;
  /** How much work is not done yet. */
  readonly size: number;
}

/** @param onDone called after each work, when it no longer counts and what it held up has started */
export function createOrder({ onDone }: { readonly onDone: () => void }): Order {
  const unfinished = new Set<Entry>();

  async function start(entry: Entry): Promise<void> {
    await entry.work();
    unfinished.delete(entry);
    for (const held of entry.heldUp) {
      held.waitsFor -= 1;
      if (held.waitsFor === 0) void start(held);
    }
    onDone();
  }

  return {
    add(claim, work) {
      const entry: Entry = { claim, work, waitsFor: 0, heldUp: [] };
      for (const earlier of unfinished) {
        if (!mustWait(claim, earlier.claim)) continue;
        earlier.heldUp.push(entry);
        entry.waitsFor += 1;
      }
      unfinished.add(entry);
      if (entry.waitsFor === 0) void start(entry);
    },
    get size() {
      return unfinished.size;
    },
  };
}
