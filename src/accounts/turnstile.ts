// The penalties and bans of the running server: asked and added to by every face, remembered over a restart, and said in
// the log.

import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAddressList } from '../model/address.ts';
import type { Log } from '../model/log.ts';
import { makeFolders } from '../model/make-folders.ts';
import type { Offence, Penalty } from '../model/penalty.ts';
import { type Bans, createBans, isBan } from './bans.ts';
import { Penalties, type PenaltySettings } from './penalties.ts';
import { createPenaltyFile } from './penalty-file.ts';

export interface Turnstile {
  /** Whether connections from `address` are turned away now. */
  isEnforced(address: string): boolean;
  punish(address: string, offence: Offence): void;
  /** Bans a source. @throws AdministrationError for one that can't be banned. */
  ban: Bans['add'];
  /** The bans, then the penalties. */
  list(): readonly Penalty[];
  /** Takes ban and penalty off a source or address; false when there was neither. */
  remove(source: string): boolean;
  close(): Promise<void>;
}

/** Opens the penalties and bans kept in the folder `state`. Without `settings` nobody is punished. */
export async function openTurnstile(by: {
  settings: PenaltySettings | undefined;
  exempt: string;
  state: string;
  log: Log;
}): Promise<Turnstile> {
  const { settings, state, log } = by;
  await makeFolders({ mkdir, stat }, state, 0o700);
  const list = (): Penalty[] => [...bans.list(), ...(penalties?.list() ?? [])];
  const file = createPenaltyFile({ file: join(state, 'penalties.json'), list, log });
  const all = await file.load();
  const exempt = parseAddressList(by.exempt);
  const onChange = (): void => file.changed();
  const bans = createBans({ exempt, remembered: all.filter(isBan), onChange });
  const remembered = all.filter((penalty) => !isBan(penalty));
  const penalties = settings === undefined ? undefined : new Penalties({ settings, exempt, remembered, onChange });
  return {
    isEnforced: (address) => (bans.includes(address) && !exempt.includes(address)) || isPunished(penalties, address),
    punish: (address, offence) => {
      const wasEnforced = isPunished(penalties, address);
      const penalty = penalties?.punish(address, offence);
      if (penalty?.isEnforced === true && !wasEnforced) {
        const seconds = Math.ceil((penalty.untilMs - Date.now()) / 1000);
        log.warn('a source is turned away', { address, source: penalty.source, offence, seconds });
      }
    },
    ban: bans.add,
    list,
    remove: (source) => [bans.remove(source), penalties?.remove(source) === true].includes(true),
    close: () => file.close(),
  };
}

function isPunished(penalties: Penalties | undefined, address: string): boolean {
  return penalties?.isEnforced(address) === true;
}
