import test from 'ava';
import fc from 'fast-check';
import { judgeLiveLogin, judgeLogin, maxSessionsOf } from '../../src/access/login.ts';
import { ordinaryRules } from '../../src/access/ordinary-rules.ts';
import { type METHODS, WAYS_IN } from '../../src/model/login.ts';
import type { Proof, UserRules } from '../../src/model/rules.ts';
import { type RulesForTest, rulesOf } from '../helpers/rules.ts';

/** A Wednesday, in whatever time zone the test runs. */
const NOON = new Date(2026, 2, 4, 12, 0);

/** In one line: `in METHOD`, `next PROOF ...` or the reason of the refusal. */
function judge(
  rules: RulesForTest,
  proofs: readonly Proof[],
  { hasTotp = false, now = NOON, address = '192.0.2.7' }: { hasTotp?: boolean; now?: Date; address?: string } = {},
): string {
  const verdict = judgeLogin(rulesOf(rules), { user: 'alice', address, proofs, hasTotp }, now);
  switch (verdict.kind) {
    case 'enough':
      return `in ${verdict.method}`;
    case 'more':
      return `next ${verdict.next.join(' ')}`;
    case 'refused':
      return verdict.reason;
    default:
      return verdict satisfies never;
  }
}

/** Alice has these rules and the role `own`. */
const alice = (own: Partial<UserRules>, roles: RulesForTest['roles'] = {}): RulesForTest => ({
  users: { alice: own },
  roles,
});
const withRole = (...login: Proof[][]): RulesForTest => alice({ roles: ['careful'] }, { careful: login });

test('login rules: where there are none, a password or a key lets in', (t) => {
  const facts = { user: 'alice', address: '192.0.2.7', hasTotp: false };
  for (const proof of ['password', 'publickey'] as const) {
    t.deepEqual(judgeLogin(ordinaryRules.now, { ...facts, proofs: [proof] }, NOON), { kind: 'enough', method: proof });
  }
  t.is(maxSessionsOf(ordinaryRules.now, 'alice'), undefined);
});

const verdicts: [title: string, rules: RulesForTest, hasTotp: boolean, proofs: Proof[], verdict: string][] = [
  ['a second factor is asked for after a password', {}, true, ['password'], 'next totp'],
  ['a password and a code let in', {}, true, ['password', 'totp'], 'in password+totp'],
  ['a second factor is not asked for after a key', {}, true, ['publickey'], 'in publickey'],
  ['methods: a password where only keys are allowed', alice({ methods: ['publickey'] }), false, ['password'], 'method'],
  [
    'methods: a key where only keys are allowed',
    alice({ methods: ['publickey'] }),
    false,
    ['publickey'],
    'in publickey',
  ],
  [
    'methods: with totp, a key needs a code',
    alice({ methods: ['publickey', 'totp'] }),
    true,
    ['publickey'],
    'next totp',
  ],
  ['methods: totp alone asks for a code with each', alice({ methods: ['totp'] }), true, ['publickey'], 'next totp'],
  ['methods: totp alone is no method', alice({ methods: ['totp'] }), true, ['totp'], 'method'],
  ['methods: with totp, nobody without one', alice({ methods: ['totp'] }), false, ['password'], 'no-second-factor'],
  ['role: a key, and a password after it', withRole(['publickey', 'password']), false, ['publickey'], 'next password'],
  [
    'role: both are enough',
    withRole(['publickey', 'password']),
    false,
    ['publickey', 'password'],
    'in publickey+password',
  ],
  ['role: no password before the key', withRole(['publickey', 'password']), false, ['password'], 'method'],
  ['role: both, in the wrong order', withRole(['publickey', 'password']), false, ['password', 'publickey'], 'method'],
  [
    'role: a list in another order is the same',
    withRole(['password', 'publickey']),
    false,
    ['publickey'],
    'next password',
  ],
  ['role: a key, and a code after it', withRole(['publickey', 'totp']), true, ['publickey'], 'next totp'],
  ['role: a code of who has none', withRole(['publickey', 'totp']), false, ['publickey'], 'no-second-factor'],
  [
    'role: the other list, for who has no code',
    withRole(['publickey'], ['password', 'totp']),
    false,
    ['publickey'],
    'in publickey',
  ],
  [
    'role: a password without the code, where a key would do',
    withRole(['publickey'], ['password', 'totp']),
    false,
    ['password'],
    'no-second-factor',
  ],
  [
    'role: two ways on from a key',
    withRole(['publickey', 'password'], ['publickey', 'totp']),
    true,
    ['publickey'],
    'next totp',
  ],
  [
    'role: two ways on from a key, without a code',
    withRole(['publickey', 'password'], ['publickey', 'totp']),
    false,
    ['publickey'],
    'next password',
  ],
  [
    'role: a second factor is asked for though the role does not',
    withRole(['password']),
    true,
    ['password'],
    'next totp',
  ],
  [
    'role and methods that exclude each other',
    alice({ roles: ['r'], methods: ['publickey'] }, { r: [['password']] }),
    false,
    ['publickey'],
    'method',
  ],
  [
    'two roles, each satisfied',
    alice({ roles: ['r', 's'] }, { r: [['publickey']], s: [['password']] }),
    false,
    ['publickey'],
    'next password',
  ],
  ['a role that demands nothing', alice({ roles: ['r'] }, { r: [] }), false, ['password'], 'in password'],
  ['a role that is not there', alice({ roles: ['gone'] }), false, ['password'], 'in password'],
  ['all three', withRole(['publickey', 'password', 'totp']), true, ['publickey', 'password'], 'next totp'],
  ['the same proof twice', {}, true, ['password', 'password'], 'method'],
];

for (const [title, rules, hasTotp, proofs, verdict] of verdicts) {
  test(`login rules: ${title}: ${verdict}`, (t) => {
    t.is(judge(rules, proofs, { hasTotp }), verdict);
  });
}

test('login rules: what a role of a group demands holds for its members', (t) => {
  const rules: RulesForTest = {
    roles: { careful: [['publickey', 'password']] },
    groups: { staff: { members: ['alice'], roles: ['careful'] }, others: { members: ['bob'], roles: ['none'] } },
  };
  t.is(judge(rules, ['password']), 'method');
  t.is(judge(rules, ['publickey']), 'next password');
  t.is(judge({ ...rules, groups: { staff: { members: ['bob'], roles: ['careful'] } } }, ['password']), 'in password');
});

/**
 * What was wrong: a login asked less than the roles say: of a group with `*` among its members it saw no member.
 * How reached: `groups: { all: { members: ['*'], roles: [careful] } }`, to ask everybody for a second factor.
 * What this verifies: what such a role demands is demanded, at the login and of who is logged in.
 */
test('login rules: what a role of a group of everybody demands holds for everybody', (t) => {
  const rules: RulesForTest = {
    roles: { careful: [['publickey', 'password']] },
    groups: { all: { members: ['*'], roles: ['careful'] } },
  };
  t.is(judge(rules, ['password']), 'method');
  t.is(judge(rules, ['publickey']), 'next password');
  const login = { user: 'alice', address: '192.0.2.7', method: 'password', key: undefined } as const;
  t.regex(judgeLiveLogin(rulesOf(rules), login, NOON) ?? '', /by this method/);
});

test('login rules: what is said of everybody holds for who has nothing else said', (t) => {
  const rules: RulesForTest = { users: { '*': { networks: '10.0.0.0/8' }, alice: { maxSessions: 3 } } };
  t.is(judge(rules, ['password']), 'network');
  t.is(maxSessionsOf(rulesOf(rules), 'alice'), 3);
  t.is(judge({ users: { ...rules.users, alice: { networks: '192.0.2.0/24' } } }, ['password']), 'in password');
});

test('login rules: networks are looked at, of both families', (t) => {
  const rules = alice({ networks: '10.0.0.0/8, 2001:db8::/32' });
  for (const address of ['10.9.8.7', '::ffff:10.9.8.7', '2001:db8::1'])
    t.is(judge(rules, ['password'], { address }), 'in password');
  for (const address of ['11.0.0.1', '2001:db9::1', 'unknown', ''])
    t.is(judge(rules, ['password'], { address }), 'network');
});

test('login rules: from the moment of expiry on there is no login', (t) => {
  const rules = alice({ expiresMs: NOON.getTime() });
  t.is(judge(rules, ['password'], { now: new Date(NOON.getTime() - 1) }), 'in password');
  t.is(judge(rules, ['password']), 'expired');
});

const DAY = 24 * 60;
const hours: [title: string, span: { days: number[]; from: number; to: number }, inside: Date[], outside: Date[]][] = [
  [
    'from nine to five on working days',
    { days: [1, 2, 3, 4, 5], from: 9 * 60, to: 17 * 60 },
    [new Date(2026, 2, 4, 9, 0), new Date(2026, 2, 6, 16, 59)],
    [
      new Date(2026, 2, 4, 8, 59),
      new Date(2026, 2, 4, 17, 0),
      new Date(2026, 2, 7, 12, 0),
      new Date(2026, 2, 1, 12, 0),
    ],
  ],
  [
    'over midnight, into the day after',
    { days: [6], from: 22 * 60, to: 6 * 60 },
    [new Date(2026, 2, 7, 22, 0), new Date(2026, 2, 7, 23, 59), new Date(2026, 2, 8, 5, 59)],
    [new Date(2026, 2, 7, 5, 0), new Date(2026, 2, 7, 21, 59), new Date(2026, 2, 8, 6, 0), new Date(2026, 2, 8, 23, 0)],
  ],
  [
    'a whole day',
    { days: [3], from: 0, to: DAY },
    [new Date(2026, 2, 4, 0, 0), new Date(2026, 2, 4, 23, 59)],
    [new Date(2026, 2, 5, 0, 0)],
  ],
];

for (const [title, span, inside, outside] of hours) {
  test(`login hours: ${title}`, (t) => {
    for (const now of inside) t.is(judge(alice({ hours: [span] }), ['password'], { now }), 'in password', String(now));
    for (const now of outside) t.is(judge(alice({ hours: [span] }), ['password'], { now }), 'hours', String(now));
  });
}

test('login hours: one of several spans is enough', (t) => {
  const morning = { days: [3], from: 0, to: 60 };
  t.is(judge(alice({ hours: [morning, { days: [3], from: 720, to: 721 }] }), ['password']), 'in password');
});

test('live logins: who may be logged in stays, and the others go with a reason in words', (t) => {
  const login = { user: 'alice', address: '192.0.2.7', method: 'password', key: undefined } as const;
  const reasonFor = (rules: RulesForTest, method: (typeof METHODS)[number] = 'password'): string | undefined =>
    judgeLiveLogin(rulesOf(rules), { ...login, method }, NOON);
  t.is(reasonFor({}), undefined);
  t.is(reasonFor(alice({ networks: '192.0.2.0/24', methods: ['password'] })), undefined);
  t.regex(reasonFor(alice({ networks: '10.0.0.0/8' })) ?? '', /address/);
  t.regex(reasonFor(alice({ expiresMs: 1 })) ?? '', /expired/);
  t.regex(reasonFor(alice({ hours: [{ days: [0], from: 0, to: DAY }] })) ?? '', /hours/);
  t.regex(reasonFor(alice({ methods: ['publickey'] })) ?? '', /method/);
  t.regex(reasonFor(withRole(['password', 'totp'])) ?? '', /method/);
  t.is(reasonFor(withRole(['password', 'totp']), 'password+totp'), undefined);
  t.is(reasonFor({}, 'password+totp'), undefined);
  t.is(reasonFor({}, 'publickey+password'), undefined);
});

const proofs = fc.constantFrom<Proof>('password', 'publickey', 'totp');
const demand = fc.array(fc.uniqueArray(proofs, { minLength: 1 }), { maxLength: 3 });

test('login rules: whatever they are, who follows what is asked for is let in, by what every rule asks for', (t) => {
  fc.assert(
    fc.property(demand, demand, fc.uniqueArray(proofs), fc.boolean(), proofs, (one, other, methods, hasTotp, first) => {
      const rules = rulesOf(alice({ roles: ['one', 'other'], methods }, { one, other }));
      const given: Proof[] = [first];
      for (let turn = 0; turn < 4; turn += 1) {
        const verdict = judgeLogin(rules, { user: 'alice', address: '192.0.2.7', proofs: given, hasTotp }, NOON);
        // What is let in is one of the ways, whole; it satisfies both roles, the methods and the second factor.
        if (verdict.kind === 'enough') {
          t.deepEqual(WAYS_IN[verdict.method], given);
          for (const lists of [one, other]) {
            if (lists.length > 0) t.true(lists.some((list) => list.every((proof) => given.includes(proof))));
          }
          const allowed = methods.filter((proof) => proof !== 'totp');
          if (allowed.length > 0) t.true(given.every((proof) => proof === 'totp' || allowed.includes(proof)));
          if (methods.includes('totp') || (hasTotp && given.includes('password'))) t.true(given.includes('totp'));
          return;
        }
        // What is refused is refused at the first proof: nobody is led on to where no way goes.
        if (verdict.kind === 'refused') return void t.is(given.length, 1);
        t.true(verdict.next.length > 0 && verdict.next.every((proof) => !given.includes(proof)));
        given.push(verdict.next[0] ?? 'totp');
      }
      t.fail('it never ends');
    }),
  );
  t.pass();
});
