// Whether the rules let somebody log in: from here, now, by these proofs, and which proofs are still to come. Pure; that a
// proof is right is found out in accounts/, and what the peer is told of a refusal is nothing.

import { parseAddressList } from '../model/address.ts';
import type { AuthenticationMethod, RefusalReason } from '../model/event.ts';
import { type LiveLogin, type LoginFacts, type LoginVerdict, METHODS, WAYS_IN } from '../model/login.ts';
import type { LoginHours, Proof, Role, Rules, UserRules } from '../model/rules.ts';
import { homeRoles } from './roles-of.ts';
import { userRules } from './user-rules.ts';

/** Judges a login after each of its proofs; with all of them, `now` counts as much as at the first. */
export function judgeLogin(rules: Rules, facts: LoginFacts, now: Date): LoginVerdict {
  const own = userRules(rules, facts.user);
  const reason = refusalAtAll(own, facts.address, now);
  if (reason !== undefined) return { kind: 'refused', reason };
  const demands = demandsOf(rules, facts.user);
  const { ways, next } = waysFrom(facts.proofs, (way) => isEnough(way, own, demands, facts.hasTotp));
  const [method] = ways.filter((way) => WAYS_IN[way].length === facts.proofs.length);
  if (method !== undefined) return { kind: 'enough', method };
  if (next.length > 0) return { kind: 'more', next };
  // With a second factor there might have been a way: whoever reads the log is told so.
  const would = facts.hasTotp ? [] : waysFrom(facts.proofs, (way) => isEnough(way, own, demands, true)).ways;
  return { kind: 'refused', reason: would.length > 0 ? 'no-second-factor' : 'method' };
}

/**
 * Why somebody who is logged in may stay no longer; undefined if nothing speaks against it. A second factor that the user
 * has got meanwhile is asked for at the next login, one that a rule demands now ends the session.
 */
export function judgeLiveLogin(rules: Rules, login: LiveLogin, now: Date): string | undefined {
  const own = userRules(rules, login.user);
  const reason = refusalAtAll(own, login.address, now);
  if (reason !== undefined) return WORDS[reason];
  const demands = demandsOf(rules, login.user);
  const hasTotp = WAYS_IN[login.method].includes('totp');
  return isEnough(login.method, own, demands, hasTotp) ? undefined : WORDS.method;
}

/** How many sessions the rules give a user; undefined is as many as the server does. */
export function maxSessionsOf(rules: Rules, user: string): number | undefined {
  return userRules(rules, user).maxSessions;
}

type Whole = Extract<RefusalReason, 'expired' | 'network' | 'hours'>;

const WORDS: Readonly<Record<Whole | 'method', string>> = {
  expired: 'the account has expired',
  network: 'the user may not log in from this address any more',
  hours: 'the hours in which the user may be logged in are over',
  method: 'the user may not log in by this method any more',
};

/** Why the user may not log in now and from there, by whatever method. */
function refusalAtAll({ expiresMs, networks, hours }: UserRules, address: string, now: Date): Whole | undefined {
  if (expiresMs !== undefined && now.getTime() >= expiresMs) return 'expired';
  if (networks !== '' && !parseAddressList(networks).includes(address)) return 'network';
  if (hours.length > 0 && !hours.some((span) => isWithin(span, now))) return 'hours';
  return undefined;
}

/** Whether `now`, in the server's time zone, is in the hours. Those that end before they begin end on the next day. */
function isWithin({ days, from, to }: LoginHours, now: Date): boolean {
  const minute = now.getHours() * 60 + now.getMinutes();
  const today = now.getDay();
  if (from < to) return days.includes(today) && minute >= from && minute < to;
  return (days.includes(today) && minute >= from) || (days.includes((today + 6) % 7) && minute < to);
}

type Demand = Role['login'];

/** What the roles of the user demand, in the home and through groups. Each of them must be satisfied. */
function demandsOf(rules: Rules, user: string): readonly Demand[] {
  return homeRoles(rules, user)
    .map(({ login }) => login)
    .filter((demand) => demand.length > 0);
}

/** Whether a way in satisfies all there is: the user's methods, the user's second factor, each role. */
function isEnough(way: AuthenticationMethod, own: UserRules, demands: readonly Demand[], hasTotp: boolean): boolean {
  const proofs = WAYS_IN[way];
  const hasCode = proofs.includes('totp');
  if (hasCode && !hasTotp) return false;
  if (!hasCode && own.methods.includes('totp')) return false;
  // A key is more than a password: who has a second factor gives a code with the password.
  if (!hasCode && hasTotp && proofs.includes('password')) return false;
  const allowed = own.methods.filter((proof) => proof !== 'totp');
  const isAllowed = (proof: Proof): boolean => proof === 'totp' || allowed.length === 0 || allowed.includes(proof);
  return (
    proofs.every(isAllowed) &&
    demands.every((demand) => demand.some((list) => list.every((proof) => proofs.includes(proof))))
  );
}

/** The shortest of the ways that go on from these proofs, and what they need next. */
function waysFrom(
  proofs: readonly Proof[],
  isGood: (way: AuthenticationMethod) => boolean,
): { ways: readonly AuthenticationMethod[]; next: readonly Proof[] } {
  const good = METHODS.filter(isGood);
  // A way that does more than another one that is good is no way: nobody is asked for more than is needed.
  const least = good.filter((way) => !good.some((other) => other !== way && isPart(WAYS_IN[other], WAYS_IN[way])));
  const ways = least.filter((way) => proofs.every((proof, at) => WAYS_IN[way][at] === proof));
  const next = new Set(ways.flatMap((way) => WAYS_IN[way][proofs.length] ?? []));
  return { ways, next: [...next] };
}

function isPart(some: readonly Proof[], all: readonly Proof[]): boolean {
  return some.every((proof) => all.includes(proof));
}
