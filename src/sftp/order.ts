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
 * Whether `later` must not begin before `earlier` is done: one of them changes something, and they are on the same
 * handle or one of them names a path. Requests on different handles never wait for each other.
 *
 * So writes to a handle are done one after the other: an upload that is cut off must have no hole before what arrived,
 * as clients resume by the file's length.
 */
export function mustWait(later: Claim, earlier: Claim): boolean {
  return (later.changes || earlier.changes) && (later.paths || earlier.paths || shareHandle(later, earlier));
}

function shareHandle(later: Claim, earlier: Claim): boolean {
  return later.handles.some((handle) => earlier.handles.includes(handle));
}

/**
 * How many reads of one handle run at once. Clients that read 32 KiB at a time get what they ask for in fewer turns of
 * the event loop, which costs a fifth less; more would keep the threads that read from everybody else.
 */
const READS_AT_ONCE = 8;

/** The place of a piece of work in the order. */
export interface Place {
  /**
   * Settles when it is this work's turn to answer: on one handle answers leave in the order of the requests. OpenSSH's
   * scp takes reads that are answered in another order for the end of the file, and cuts off what it has downloaded,
   * without an error.
   */
  readonly turn: Promise<void> | undefined;
  /** To be called when nothing that comes after it need wait for it any more. */
  letOthersGo(): void;
}

interface Entry {
  readonly claim: Claim;
  readonly work: (place: Place) => Promise<void>;
  /** How many unfinished requests came before this one and hold it up. */
  waitsFor: number;
  readonly heldUp: Entry[];
  turn: Promise<void> | undefined;
  readonly done: Promise<void>;
  readonly settle: () => void;
}

export interface Order {
  /** Starts `work`, which must not reject, as soon as all earlier work that it must wait for is done: maybe at once. */
  add(claim: Claim, work: (place: Place) => Promise<void>): void;
  /** How much work is not done yet. */
  readonly size: number;
}

/** @param onDone called after each work, when it no longer counts and what it held up has started */
export function createOrder({ onDone }: { readonly onDone: () => void }): Order {
  /** What later work may have to wait for, in the order in which it came. */
  const inTheWay = new Set<Entry>();
  let size = 0;

  async function start(entry: Entry): Promise<void> {
    await entry.work({ turn: entry.turn, letOthersGo: () => letOthersGo(entry) });
    letOthersGo(entry);
    entry.settle();
    size -= 1;
    onDone();
  }

  function letOthersGo(entry: Entry): void {
    inTheWay.delete(entry);
    for (const held of entry.heldUp.splice(0)) {
      held.waitsFor -= 1;
      if (held.waitsFor === 0) void start(held);
    }
  }

  function hold(entry: Entry, earlier: Entry): void {
    earlier.heldUp.push(entry);
    entry.waitsFor += 1;
  }

  return {
    add(claim, work) {
      const entry = newEntry(claim, work);
      const reads: Entry[] = [];
      for (const earlier of inTheWay) {
        if (mustWait(claim, earlier.claim)) hold(entry, earlier);
        else if (shareHandle(claim, earlier.claim)) reads.push(earlier);
      }
      entry.turn = reads.at(-1)?.done;
      // They end in their order: when this one has, there are less than READS_AT_ONCE.
      const last = reads.at(-READS_AT_ONCE);
      if (last !== undefined) hold(entry, last);
      inTheWay.add(entry);
      size += 1;
      if (entry.waitsFor === 0) void start(entry);
    },
    get size() {
      return size;
    },
  };
}

function newEntry(claim: Claim, work: Entry['work']): Entry {
  let settle = (): void => {};
  const done = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { claim, work, waitsFor: 0, heldUp: [], turn: undefined, done, settle };
}
