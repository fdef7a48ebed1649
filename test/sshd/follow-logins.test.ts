// Who may stay: what is looked at while somebody is logged in, with a clock and keys that the test turns.

import test, { type ExecutionContext } from 'ava';
import type { AccountChange } from '../../src/accounts/account-store.ts';
import { parseAuthorizedKeys } from '../../src/accounts/authorized-keys-file.ts';
import { KeyWatch } from '../../src/accounts/key-watch.ts';
import type { LiveLogin } from '../../src/model/login.ts';
import { followLogins } from '../../src/sshd/follow-logins.ts';
import { recordingLog } from '../accounts/fixtures.ts';
import { ECDSA_KEY, ED25519_KEY } from '../accounts/sample-keys.ts';
import { until } from '../helpers/until.ts';

const [ED25519, ECDSA] = parseAuthorizedKeys(`${ED25519_KEY}\n${ECDSA_KEY}\n`).keys;
const ADDRESS = '192.0.2.1';

const loginOf = (user: string, key?: string): LiveLogin => ({
  user,
  address: ADDRESS,
  method: key === undefined ? 'password' : 'publickey',
  key,
});

function follow(t: ExecutionContext) {
  const logins = [loginOf('alice'), loginOf('bob')];
  const ended: string[] = [];
  const reasons = new Map<string, string>();
  const listeners: { rules?: () => void; store?: (change: AccountChange) => void } = {};
  const stop = followLogins({
    ssh: {
      logins: () => logins,
      endWhere: (reasonOf) => {
        for (const login of logins) {
          const reason = reasonOf(login);
          if (reason !== undefined) ended.push(`${login.user}: ${reason}`);
        }
      },
    },
    store: {
      onChange: (listener) => {
        listeners.store = listener;
        return () => delete listeners.store;
      },
    },
    keys: { list: async () => [] },
    judge: ({ user }) => reasons.get(user),
    onRules: (listener) => {
      listeners.rules = listener;
      return () => delete listeners.rules;
    },
    log: recordingLog(),
    clockMs: 5,
  });
  t.teardown(stop);
  return { ended, reasons, listeners, stop };
}

test('follow logins: what the clock brings about ends sessions, and those alone', async (t) => {
  const { ended, reasons } = follow(t);
  reasons.set('bob', 'too late');
  await until(() => ended.length > 0);
  t.deepEqual(new Set(ended), new Set(['bob: too late']));
});

test('follow logins: a change of rules counts at once', (t) => {
  const { ended, reasons, listeners } = follow(t);
  reasons.set('alice', 'not from there');
  listeners.rules?.();
  t.deepEqual(ended, ['alice: not from there']);
});

test('follow logins: who is removed or locked is out', (t) => {
  const { ended, listeners } = follow(t);
  listeners.store?.({ added: [], removed: ['alice'], locked: ['bob'], changed: [] });
  t.deepEqual(ended, ['alice: the account was removed', 'bob: the account was locked']);
});

test('follow logins: when it is stopped, nothing is followed', async (t) => {
  const { listeners, stop } = follow(t);
  await stop();
  t.deepEqual(listeners, {});
});

/** Watches alice, logged in by a key; `looks` is what is found at each look, the last for ever. */
function watchKey(t: ExecutionContext, looks: readonly (readonly (typeof ED25519)[])[]) {
  const revoked: string[] = [];
  const state = { looked: 0 };
  const log = recordingLog();
  const watch = new KeyWatch({
    keys: {
      list: async () => {
        const found = looks[Math.min(state.looked, looks.length - 1)] ?? [];
        state.looked += 1;
        return found.flatMap((key) => key ?? []);
      },
    },
    inUse: () => [loginOf('alice', ED25519?.fingerprint), loginOf('bob')],
    onRevoked: (user, key) => revoked.push(`${user} ${key}`),
    log,
    pollMs: 5,
    settleMs: 5,
  });
  t.teardown(() => watch.close());
  return { revoked, state, log };
}

test('key watch: a key that is gone, and stays so, is revoked', async (t) => {
  const { revoked, log } = watchKey(t, [[ED25519, ECDSA], [ECDSA]]);
  await until(() => revoked.length > 0);
  t.is(revoked[0], `alice ${ED25519?.fingerprint}`);
  t.deepEqual(log.lines, []);
});

test('key watch: a file that is empty for a moment, while it is written, revokes nothing', async (t) => {
  const { revoked, state } = watchKey(t, [[ED25519], [], [ED25519], [ED25519]]);
  await until(() => state.looked > 10);
  t.deepEqual(revoked, []);
});
