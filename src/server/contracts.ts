// What the primary and a worker ask each other beside what shared.ts has: shared-by-link.ts.

import type { Contract } from '../cluster/contract.ts';
import type { ServerConfig } from '../config/load.ts';
import type { LogRecord } from '../log/records.ts';
import type { HostKeys } from './host-keys.ts';
import type { OwnSessions } from './serving.ts';

/** The sessions of one worker. */
export const OWN_SESSIONS: Contract<OwnSessions> = { name: 'own sessions', methods: { sessions: 'ask', end: 'ask' } };

/** Where a worker's log goes. */
export const LOG: Contract<{ write(records: readonly LogRecord[]): Promise<void> }> = {
  name: 'log',
  methods: { write: 'ask' },
};

/** What a worker is told once, when it begins. */
export interface Introduction {
  readonly config: ServerConfig;
  readonly keys: HostKeys;
  readonly standInKey: Uint8Array;
  /** How many workers there are. */
  readonly workers: number;
}

export const INTRODUCTION: Contract<{ introduce(): Promise<Introduction> }> = {
  name: 'introduction',
  methods: { introduce: 'ask' },
};
