// The file of penalties that a server finds when it starts.

import { Penalties } from '../../../src/accounts/penalties.ts';
import { parsePenalties } from '../../../src/accounts/penalty-file.ts';
import { parseAddressList } from '../../../src/model/address.ts';
import { holds, pure, type Target, unlessRefused } from '../target.ts';

const NOW = 1_700_000_000_000;
const PENALTY = { source: '192.0.2.1', untilMs: NOW + 60_000, isEnforced: true, lastOffence: 'authfail' };
const SETTINGS = {
  offencesMs: { authfail: 5000, invaliduser: 5000, noauth: 1000, 'grace-exceeded': 20_000, crash: 90_000 },
  minMs: 15_000,
  maxMs: 600_000,
  maxSources: 3,
};

export const penalties: Target = {
  name: 'penalties',
  invariant:
    'any file is penalties, or an error of the one kind that is logged; who is punished after it was read is so no longer than the longest penalty',
  covers: ['/src/accounts/penalt'],
  dictionary: [
    '"source"',
    '"untilMs"',
    '"isEnforced"',
    '"lastOffence"',
    '"penalties"',
    'true',
    '1e999',
    '[',
    '{',
    '__proto__',
  ],
  seeds: [
    JSON.stringify({ penalties: [PENALTY, { ...PENALTY, source: '2001:db8::/64', isEnforced: false }] }),
    '{"penalties":[]}',
  ],
  maxBytes: 2000,
  begin: pure((input) => {
    const remembered = unlessRefused(
      () => unlessRefused(() => parsePenalties(input.toString('utf8')), SyntaxError),
      TypeError,
    );
    if (remembered === undefined) return;
    const kept = new Penalties({ settings: SETTINGS, exempt: parseAddressList(''), remembered, now: () => NOW });
    const most = Math.max(kept.list().length, SETTINGS.maxSources);
    for (const { source } of remembered) {
      kept.isEnforced(source);
      const untilMs = kept.punish(source, 'authfail')?.untilMs ?? 0;
      holds(untilMs > NOW && untilMs <= NOW + SETTINGS.maxMs, `punished until ${untilMs}`);
    }
    holds(kept.list().length <= most, 'there are more than may be remembered');
  }),
};
