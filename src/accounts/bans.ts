// The sources that an administrator has banned: addresses and networks, each for a time. Unlike penalties they are not
// earned, and no setting bounds or ends them; but who is exempt from penalties can't be banned either.

import { isIPv4 } from 'node:net';
import { type AddressList, parseAddressList, plainAddress, sourceOf } from '../model/address.ts';
import { AdministrationError } from '../model/administration.ts';
import type { Penalty } from '../model/penalty.ts';

/** Each connection is compared with all of them. */
const MAX_BANS = 1000;

export interface Ban extends Penalty {
  readonly lastOffence: 'ban';
  readonly sinceMs: number;
}

export interface Bans {
  includes(address: string): boolean;
  /** Bans a source, in the place of an earlier ban of the same. @throws AdministrationError for one that can't be banned. */
  add(ban: { readonly source: string; readonly forMs: number; readonly reason?: string }): Ban;
  list(): Ban[];
  /** False when this source is not banned. */
  remove(source: string): boolean;
}

export function isBan(penalty: Penalty): penalty is Ban {
  return penalty.lastOffence === 'ban' && penalty.sinceMs !== undefined;
}

export function createBans(parts: {
  readonly exempt: AddressList;
  /** What an earlier run of the server left. */
  readonly remembered?: readonly Ban[];
  readonly now?: () => number;
  readonly onChange?: () => void;
}): Bans {
  const { exempt, remembered = [], now = Date.now, onChange = () => {} } = parts;
  const bySource = new Map<string, { readonly ban: Ban; readonly list: AddressList }>();
  for (const ban of remembered) if (isSource(ban.source)) bySource.set(ban.source, entry(ban));

  const isOver = ({ sinceMs, untilMs }: Ban): boolean => {
    const leftMs = untilMs - now();
    // More than all of it can only be left where the clock was set back: nobody waits for it to catch up.
    return leftMs <= 0 || leftMs > untilMs - sinceMs;
  };
  const forgetOld = (): void => {
    for (const [source, { ban }] of bySource) if (isOver(ban)) bySource.delete(source);
  };

  return {
    includes: (address) => {
      for (const { ban, list } of bySource.values()) if (list.includes(address) && !isOver(ban)) return true;
      return false;
    },
    add: ({ source: given, forMs, reason }) => {
      const source = banSource(given);
      const [address = ''] = source.split('/');
      if (exempt.includes(address)) {
        throw new AdministrationError(`${given} is exempt: it is never turned away (the setting penalty-exempt)`);
      }
      forgetOld();
      if (bySource.size >= MAX_BANS && !bySource.has(source)) {
        throw new AdministrationError(
          `there are ${MAX_BANS} bans already; remove some, or ban a network that holds them`,
        );
      }
      const sinceMs = now();
      const ban: Ban = {
        source,
        untilMs: sinceMs + forMs,
        isEnforced: true,
        lastOffence: 'ban',
        sinceMs,
        ...(reason === undefined ? {} : { reason }),
      };
      bySource.set(source, entry(ban));
      onChange();
      return ban;
    },
    list: () => [...bySource.values()].map(({ ban }) => ban).filter((ban) => !isOver(ban)),
    remove: (given) => {
      const isGone = bySource.delete(given) || bySource.delete(bannedAs(given));
      if (isGone) onChange();
      return isGone;
    },
  };
}

/** The text under which a source is kept. @throws AdministrationError unless it is one address or network. */
function banSource(given: string): string {
  if (isSource(plainAddress(given))) return bannedAs(given);
  throw new AdministrationError(
    `${JSON.stringify(given)} is no address and no network, as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32`,
  );
}

function isSource(text: string): boolean {
  try {
    parseAddressList(text);
    return text !== '' && !/[\s,]/.test(text);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function entry(ban: Ban): { readonly ban: Ban; readonly list: AddressList } {
  return { ban, list: parseAddressList(ban.source) };
}

/** An IPv6 address stands for its /64, as with penalties. */
function bannedAs(given: string): string {
  const text = plainAddress(given).toLowerCase();
  const [address = '', bits] = text.split('/');
  if (bits === undefined) return sourceOf(address);
  return isIPv4(address) && Number(bits) === 32 ? address : text;
}
