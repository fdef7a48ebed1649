// One end of a link between two processes: objects that it shares with the other end, and those of the other end as if
// they were here. Knows contracts and messages; how these travel is its maker's. Messages arrive whole and in the order
// they were sent, so calls begin in the order they were made.

import { type Lease, leaseOf } from '../model/lease.ts';
import { type CarriedError, carryError, type ErrorClass, errorFrom } from './carried-error.ts';
import type { Carriage, Contract } from './contract.ts';

export type LinkMessage =
  | Call
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'granted'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CarriedError }
  | { readonly kind: 'release'; readonly id: number };

interface Call {
  readonly kind: 'call';
  /** Undefined when no answer is wanted. */
  readonly id: number | undefined;
  readonly object: string;
  readonly method: string;
  readonly words: readonly unknown[];
  /** Which of the words is an AbortSignal. */
  readonly signalAt: number;
}

/** The other process is gone, and with it what it would have answered. */
export class LinkClosedError extends Error {
  override readonly name = 'LinkClosedError';

  constructor() {
    super('the process at the other end is gone');
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly errors: readonly ErrorClass[];
  /** Stops listening to the caller's signal. */
  readonly forget: () => void;
}

interface Offer {
  readonly object: object;
  readonly methods: Readonly<Record<string, Carriage>>;
}

export class Link {
  readonly #post: (message: LinkMessage) => void;
  readonly #closing = new AbortController();
  readonly #offers = new Map<string, Offer>();
  /** Calls of the other end that are being worked on, and leases that it holds. */
  readonly #working = new Map<number, AbortController>();
  readonly #held = new Map<number, Lease>();
  /** Calls of this end. */
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** `post` sends a message to the other end; one that can't be cloned makes it throw. */
  constructor(post: (message: LinkMessage) => void) {
    this.#post = post;
  }

  /** Aborted when the other end is gone. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Lets the other end use `object`. */
  share<Shared extends object>({ name, methods }: Contract<Shared>, object: Shared): void {
    this.#offers.set(name, { object, methods });
  }

  /** Lets the other end use it no more. */
  withdraw({ name }: { readonly name: string }): void {
    this.#offers.delete(name);
  }

  /** What the other end shares by this contract. Its methods fail with LinkClosedError when that is gone. */
  remote<Shared extends object>({ name, methods, errors = [] }: Contract<Shared>): Shared {
    const table: Readonly<Record<string, Carriage>> = methods;
    const stubs = Object.entries(table).map(([method, carriage]) => [
      method,
      (...words: unknown[]) =>
        carriage === 'tell' ? this.#tell(name, method, words) : this.#ask(name, method, words, errors),
    ]);
    return Object.fromEntries(stubs) as Shared;
  }

  /** Takes a message of the other end. */
  receive(message: LinkMessage): void {
    switch (message.kind) {
      case 'call':
        void this.#work(message);
        return;
      case 'abort':
        this.#working.get(message.id)?.abort();
        return;
      case 'release':
        this.#held.get(message.id)?.release();
        this.#held.delete(message.id);
        return;
      case 'answer':
        this.#take(message.id)?.resolve(message.value);
        return;
      case 'granted':
        this.#take(message.id)?.resolve(leaseOf(() => this.#send({ kind: 'release', id: message.id })));
        return;
      case 'failed': {
        const pending = this.#take(message.id);
        pending?.reject(errorFrom(message.error, pending.errors));
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** The other end is gone: gives back what it holds, and fails what it was asked. */
  close(): void {
    if (this.closed.aborted) return;
    this.#closing.abort();
    for (const work of this.#working.values()) work.abort();
    for (const lease of this.#held.values()) lease.release();
    this.#held.clear();
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(new LinkClosedError());
  }

  #tell(object: string, method: string, words: readonly unknown[]): void {
    this.#send({ kind: 'call', id: undefined, object, method, words, signalAt: -1 });
  }

  #ask(object: string, method: string, words: unknown[], errors: readonly ErrorClass[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.closed.aborted) throw new LinkClosedError();
      this.#lastId += 1;
      const id = this.#lastId;
      const signalAt = words.findIndex((word) => word instanceof AbortSignal);
      const signal = words[signalAt] as AbortSignal | undefined;
      const abort = (): void => this.#send({ kind: 'abort', id });
      const plain = words.map((word, at) => (at === signalAt ? undefined : word));
      this.#send({ kind: 'call', id, object, method, words: plain, signalAt });
      this.#pending.set(id, { resolve, reject, errors, forget: () => signal?.removeEventListener('abort', abort) });
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort);
    });
  }

  async #work({ id, object, method, words, signalAt }: Call): Promise<void> {
    const work = new AbortController();
    if (id === undefined) {
      await this.#call(object, method, words);
      return;
    }
    this.#working.set(id, work);
    try {
      const given = words.map((word, at) => (at === signalAt ? work.signal : word));
      const value = await this.#call(object, method, given);
      if (!isLease(value)) return this.#send({ kind: 'answer', id, value });
      if (this.closed.aborted) return value.release();
      this.#held.set(id, value);
      this.#send({ kind: 'granted', id });
    } catch (error) {
      this.#send({ kind: 'failed', id, error: carryError(error) });
    } finally {
      this.#working.delete(id);
    }
  }

  #call(object: string, method: string, words: readonly unknown[]): unknown {
    const offer = this.#offers.get(object);
    if (offer === undefined || !Object.hasOwn(offer.methods, method)) {
      throw new TypeError(`this process shares no ${object}.${method}`);
    }
    return Reflect.apply(Reflect.get(offer.object, method), offer.object, words);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.forget();
    return pending;
  }

  #send(message: LinkMessage): void {
    if (!this.closed.aborted) this.#post(message);
  }
}

function isLease(value: unknown): value is Lease {
  return typeof value === 'object' && value !== null && 'release' in value && typeof value.release === 'function';
}
