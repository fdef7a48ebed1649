// The penalties of the running server: asked and added to by every face, remembered over a restart, and said in the log.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAddressList } from '../model/address.ts';
import type { Log } from '../model/log.ts';
import type { Offence, Penalty } from '../model/penalty.ts';
import { Penalties, type PenaltySettings } from './penalties.ts';
import { createPenaltyFile } from './penalty-file.ts';

export interface Turnstile {
  /** Whether connections from `address` are turned away now. */
  isEnforced(address: string): boolean;
  punish(address: string, offence: Offence): void;
  list(): readonly Penalty[];
  /** Takes the penalty off a source or address; false when there was none. */
  remove(source: string): boolean;
  close(): Promise<void>;
}

/** Opens the penalties kept in the folder `state`. Without `settings` nobody is punished. */
export async function openTurnstile(by: {
  settings: PenaltySettings | undefined;
  exempt: string;
  state: string;
  log: Log;
}): Promise<Turnstile> {
  const { settings, exempt, state, log } = by;
  await mkdir(state, { recursive: true, mode: 0o700 });
  if (settings === undefined) {
    return { isEnforced: () => false, punish: () => {}, list: () => [], remove: () => false, close: async () => {} };
  }
  const file = createPenaltyFile({ file: join(state, 'penalties.json'), list: () => penalties.list(), log });
  const penalties = new Penalties({
    settings,
    exempt: parseAddressList(exempt),
    remembered: await file.load(),
    onChange: () => file.changed(),
  });
  return {
    isEnforced: (address) => penalties.isEnforced(address),
    punish: (address, offence) => {
      const wasEnforced = penalties.isEnforced(address);
      const penalty = penalties.punish(address, offence);
      if (penalty?.isEnforced === true && !wasEnforced) {
        const seconds = Math.ceil((penalty.untilMs - Date.now()) / 1000);
        log.warn('a source is turned away', { address, source: penalty.source, offence, seconds });
      }
    },
    list: () => penalties.list(),
    remove: (source) => penalties.remove(source),
    close: () => file.close(),
  };
}
