// What a worker and its primary tell each other beside what the server shares: the life of the worker, and which
// connections it has.

import type { Contract } from './contract.ts';

/** Told by the worker. */
export interface Life {
  /** It takes connections from now on. */
  ready(): void;
  /** It can't start. */
  failed(reason: string): void;
  took(connection: number): void;
  closed(connection: number): void;
}

/** Asked by the primary. */
export interface Ending {
  /** Waits up to `graceMs` for transfers under way, and ends every connection. */
  end(graceMs: number): Promise<void>;
}

export const LIFE: Contract<Life> = {
  name: 'life',
  methods: { ready: 'tell', failed: 'tell', took: 'tell', closed: 'tell' },
};

export const ENDING: Contract<Ending> = { name: 'ending', methods: { end: 'ask' } };

/** Comes with a socket, beside the messages of the link. */
export interface ConnectionMessage {
  readonly kind: 'connection';
  readonly id: number;
}
