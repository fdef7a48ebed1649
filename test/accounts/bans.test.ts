import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Ban, createBans } from '../../src/accounts/bans.ts';
import { openTurnstile, type Turnstile } from '../../src/accounts/turnstile.ts';
import { parseAddressList } from '../../src/model/address.ts';
import { AdministrationError } from '../../src/model/administration.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { createTestLog } from '../helpers/test-log.ts';

const MINUTE_MS = 60_000;

function bansAt(exempt = '', remembered: readonly Ban[] = []) {
  let now = 1_700_000_000_000;
  let changes = 0;
  const bans = createBans({
    exempt: parseAddressList(exempt),
    remembered,
    now: () => now,
    onChange: () => {
      changes += 1;
    },
  });
  return {
    bans,
    pass: (ms: number) => {
      now += ms;
    },
    changes: () => changes,
  };
}

test('bans: a source is turned away at once, for as long as was said, and no other is', (t) => {
  const { bans, pass, changes } = bansAt();
  const ban = bans.add({ source: '192.0.2.1', forMs: MINUTE_MS, reason: 'noise' });
  t.like(ban, { source: '192.0.2.1', isEnforced: true, lastOffence: 'ban', reason: 'noise' });
  t.true(bans.includes('192.0.2.1'));
  t.true(bans.includes('::ffff:192.0.2.1'));
  t.false(bans.includes('192.0.2.2'));
  t.is(changes(), 1);
  pass(MINUTE_MS);
  t.false(bans.includes('192.0.2.1'));
  t.deepEqual(bans.list(), []);
});

test('bans: a network is one source, and an IPv6 address stands for its /64', (t) => {
  const { bans } = bansAt();
  bans.add({ source: '192.0.2.0/24', forMs: MINUTE_MS });
  bans.add({ source: '2001:DB8:1:2::7', forMs: MINUTE_MS });
  bans.add({ source: '198.51.100.7/32', forMs: MINUTE_MS });
  t.deepEqual(
    bans.list().map(({ source }) => source),
    ['192.0.2.0/24', '2001:db8:1:2::/64', '198.51.100.7'],
  );
  t.true(bans.includes('192.0.2.200'));
  t.true(bans.includes('2001:db8:1:2:ffff::1'));
  t.false(bans.includes('2001:db8:1:3::7'));
});

test('bans: another ban of the same source takes the place of the first', (t) => {
  const { bans, pass } = bansAt();
  bans.add({ source: '192.0.2.1', forMs: 60 * MINUTE_MS, reason: 'long' });
  bans.add({ source: '192.0.2.1', forMs: MINUTE_MS });
  t.is(bans.list().length, 1);
  pass(MINUTE_MS);
  t.false(bans.includes('192.0.2.1'));
});

test('bans: a ban is taken off by its source or by an address that stands for it, and by no other', (t) => {
  const { bans } = bansAt();
  bans.add({ source: '2001:db8::1', forMs: MINUTE_MS });
  bans.add({ source: '192.0.2.0/24', forMs: MINUTE_MS });
  t.false(bans.remove('192.0.2.1'));
  t.false(bans.remove('nonsense'));
  t.true(bans.remove('2001:db8:0:0:5::1'));
  t.true(bans.remove('192.0.2.0/24'));
  t.deepEqual(bans.list(), []);
});

for (const source of [
  '',
  'host.example',
  '192.0.2',
  '192.0.2.0/33',
  '192.0.2.1,192.0.2.2',
  '192.0.2.1 192.0.2.2',
  '0.0.0.0/-1',
]) {
  test(`bans: ${JSON.stringify(source)} is no source`, (t) => {
    const { bans } = bansAt();
    t.throws(() => bans.add({ source, forMs: MINUTE_MS }), { instanceOf: AdministrationError, message: /no address/ });
    t.deepEqual(bans.list(), []);
  });
}

test('bans: who is exempt is not banned', (t) => {
  const { bans } = bansAt('192.0.2.0/24');
  t.throws(() => bans.add({ source: '192.0.2.1', forMs: MINUTE_MS }), { message: /exempt.*penalty-exempt/ });
});

test('bans: there are so many and no more, of which those that are over do not count', (t) => {
  const { bans, pass } = bansAt();
  for (let index = 0; index < 1000; index += 1) {
    bans.add({ source: `10.0.${index >> 8}.${index & 255}`, forMs: MINUTE_MS });
  }
  t.throws(() => bans.add({ source: '192.0.2.1', forMs: MINUTE_MS }), { message: /1000 bans already/ });
  t.notThrows(() => bans.add({ source: '10.0.0.0', forMs: MINUTE_MS }));
  pass(MINUTE_MS);
  t.notThrows(() => bans.add({ source: '192.0.2.1', forMs: MINUTE_MS }));
});

test('bans: a clock that was set back ends a ban that would last longer than was said', (t) => {
  const { bans, pass } = bansAt();
  bans.add({ source: '192.0.2.1', forMs: MINUTE_MS });
  pass(-10 * MINUTE_MS);
  t.false(bans.includes('192.0.2.1'));
});

async function turnstileIn(t: ExecutionContext, state: string, exempt = ''): Promise<Turnstile> {
  const turnstile = await openTurnstile({ settings: undefined, exempt, state, log: createTestLog() });
  t.teardown(() => turnstile.close());
  return turnstile;
}

test('turnstile: bans hold without penalties, are remembered, and what is no source in the file is not', async (t) => {
  const state = await temporaryFolder(t);
  const first = await turnstileIn(t, state);
  first.ban({ source: '192.0.2.0/24', forMs: 60 * MINUTE_MS, reason: 'noise' });
  t.true(first.isEnforced('192.0.2.9'));
  await first.close();
  const file = join(state, 'penalties.json');
  const { penalties } = JSON.parse(await readFile(file, 'utf8')) as { penalties: object[] };
  await writeFile(file, JSON.stringify({ penalties: [...penalties, { ...penalties[0], source: 'nonsense' }] }));
  const second = await turnstileIn(t, state);
  t.true(second.isEnforced('192.0.2.9'));
  t.like(second.list(), [{ source: '192.0.2.0/24', reason: 'noise' }]);
  t.is(second.list().length, 1);
  t.true(second.remove('192.0.2.0/24'));
  t.false(second.isEnforced('192.0.2.9'));
  t.false(second.remove('192.0.2.0/24'));
});

test('turnstile: a banned network leaves those in it alone who are exempt', async (t) => {
  const turnstile = await turnstileIn(t, await temporaryFolder(t), '192.0.2.7');
  turnstile.ban({ source: '192.0.2.0/24', forMs: MINUTE_MS });
  t.false(turnstile.isEnforced('192.0.2.7'));
  t.true(turnstile.isEnforced('192.0.2.8'));
});
