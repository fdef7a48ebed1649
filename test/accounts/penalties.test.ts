import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Penalties, type PenaltySettings } from '../../src/accounts/penalties.ts';
import { openTurnstile, type Turnstile } from '../../src/accounts/turnstile.ts';
import { parseAddressList } from '../../src/model/address.ts';
import type { Log } from '../../src/model/log.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const SETTINGS: PenaltySettings = {
  offencesMs: { authfail: 5000, invaliduser: 5000, noauth: 1000, 'grace-exceeded': 10_000, crash: 90_000 },
  minMs: 15_000,
  maxMs: 600_000,
  maxSources: 100,
};
const NOBODY = parseAddressList('');

function penaltiesAt(start: number, settings = SETTINGS): { penalties: Penalties; pass: (ms: number) => void } {
  let now = start;
  const penalties = new Penalties({ settings, exempt: NOBODY, now: () => now });
  return {
    penalties,
    pass: (ms) => {
      now += ms;
    },
  };
}

test('penalties: two failed logins harm nobody, the third turns the source away', (t) => {
  const { penalties } = penaltiesAt(1e12);
  penalties.punish('192.0.2.1', 'authfail');
  penalties.punish('192.0.2.1', 'invaliduser');
  t.false(penalties.isEnforced('192.0.2.1'));
  penalties.punish('192.0.2.1', 'authfail');
  t.true(penalties.isEnforced('192.0.2.1'));
  t.false(penalties.isEnforced('192.0.2.2'));
});

test('penalties: each offence adds time, which passes', (t) => {
  const { penalties, pass } = penaltiesAt(1e12);
  for (let index = 0; index < 4; index += 1) penalties.punish('192.0.2.1', 'authfail');
  pass(19_999);
  t.true(penalties.isEnforced('192.0.2.1'));
  pass(1);
  t.false(penalties.isEnforced('192.0.2.1'));
  t.deepEqual(penalties.list(), []);
});

test('penalties: what was remembered and is over does not count any more', (t) => {
  const { penalties, pass } = penaltiesAt(1e12);
  penalties.punish('192.0.2.1', 'authfail');
  penalties.punish('192.0.2.1', 'authfail');
  pass(10_000);
  penalties.punish('192.0.2.1', 'authfail');
  t.false(penalties.isEnforced('192.0.2.1'));
});

test('penalties: none is longer than the most, and a clock that is set back locks nobody out', (t) => {
  const { penalties, pass } = penaltiesAt(1e12);
  for (let index = 0; index < 100; index += 1) penalties.punish('192.0.2.1', 'crash');
  t.is(penalties.list()[0]?.untilMs, 1e12 + 600_000);
  pass(-3_600_000);
  t.false(penalties.isEnforced('192.0.2.1'));
});

test('penalties: the /64 of an IPv6 address is one source, IPv4 written as IPv6 is IPv4', (t) => {
  const { penalties } = penaltiesAt(1e12);
  penalties.punish('2001:db8::1', 'crash');
  t.true(penalties.isEnforced('2001:0DB8:0:0:ffff::2'));
  t.false(penalties.isEnforced('2001:db8:0:1::1'));
  penalties.punish('::ffff:192.0.2.1', 'crash');
  t.true(penalties.isEnforced('192.0.2.1'));
});

test('penalties: exempt sources are never punished', (t) => {
  const penalties = new Penalties({ settings: SETTINGS, exempt: parseAddressList('192.0.2.0/24, 2001:db8::/32') });
  for (const address of ['192.0.2.77', '::ffff:192.0.2.1', '2001:db8:1::1']) {
    t.is(penalties.punish(address, 'crash'), undefined);
    t.false(penalties.isEnforced(address));
  }
  t.truthy(penalties.punish('198.51.100.1', 'crash'));
});

test('penalties: a million sources take no more room than allowed, and the longest stay', (t) => {
  const { penalties } = penaltiesAt(1e12);
  penalties.punish('198.51.100.1', 'crash');
  for (let index = 0; index < 10_000; index += 1) penalties.punish(`10.${index >> 8}.${index & 255}.1`, 'noauth');
  t.true(penalties.list().length <= 100);
  t.true(penalties.isEnforced('198.51.100.1'));
});

test('penalties: can be taken off by source or by address', (t) => {
  const { penalties } = penaltiesAt(1e12);
  penalties.punish('2001:db8::1', 'crash');
  t.false(penalties.remove('192.0.2.1'));
  t.true(penalties.remove('2001:db8::9'));
  t.false(penalties.isEnforced('2001:db8::1'));
});

function quietLog(warnings: string[] = []): Log {
  const warn = (message: string): void => void warnings.push(message);
  const unexpected = (error: unknown): string => {
    warn(String(error));
    return 'id';
  };
  return { error: warn, warn, info: () => {}, debug: () => {}, unexpected };
}

async function open(t: ExecutionContext, state: string, log = quietLog()): Promise<Turnstile> {
  const turnstile = await openTurnstile({ settings: SETTINGS, exempt: '', state, log });
  t.teardown(() => turnstile.close());
  return turnstile;
}

test('turnstile: penalties survive a restart, in a file for the owner alone', async (t) => {
  const state = join(await temporaryFolder(t), 'state');
  const before = await open(t, state);
  before.punish('192.0.2.1', 'crash');
  await before.close();
  t.is((await stat(join(state, 'penalties.json'))).mode & 0o777, 0o600);
  const after = await open(t, state);
  t.true(after.isEnforced('192.0.2.1'));
  t.deepEqual(after.list(), before.list());
});

test('turnstile: a file that is broken is logged, and the server goes on without it', async (t) => {
  const state = await temporaryFolder(t);
  await writeFile(join(state, 'penalties.json'), '{"penalties": [{"source"');
  const warnings: string[] = [];
  const turnstile = await open(t, state, quietLog(warnings));
  t.is(warnings.length, 1);
  turnstile.punish('192.0.2.1', 'crash');
  await turnstile.close();
  t.regex(await readFile(join(state, 'penalties.json'), 'utf8'), /192\.0\.2\.1/);
});

test('turnstile: says once in the log that a source is turned away', async (t) => {
  const warnings: string[] = [];
  const turnstile = await open(t, await temporaryFolder(t), quietLog(warnings));
  for (let index = 0; index < 5; index += 1) turnstile.punish('192.0.2.1', 'authfail');
  t.deepEqual(warnings, ['a source is turned away']);
});
