// The steps of a login with all that they ask made up by the test: what may change between two of them, and what is not
// to be taken out of turn.

import test from 'ava';
import type { Account } from '../../src/accounts/account.ts';
import type { Authenticator } from '../../src/accounts/authenticate.ts';
import type { AuthorizedKey } from '../../src/accounts/authorized-keys-file.ts';
import { FileLockedError } from '../../src/accounts/file-lock.ts';
import { EMPTY_RECORD, type LoginRecord } from '../../src/accounts/login-record.ts';
import { LoginRecordError } from '../../src/accounts/login-records.ts';
import { createLoginSteps, type Progress, type StepAnswer } from '../../src/accounts/login-steps.ts';
import { fingerprintOf } from '../../src/accounts/public-key.ts';
import { AccountError } from '../../src/model/account.ts';
import type { AuditEvent, RefusalReason } from '../../src/model/event.ts';
import type { LoginVerdict } from '../../src/model/login.ts';
import { ANY_PASSWORD } from '../../src/model/rules.ts';
import { recordingLog } from './fixtures.ts';

const ALICE: Account = { user: 'alice', secret: 'stored', hash: undefined, locked: false, line: 1 };

/** What the steps find where they look. */
interface World {
  account: Account | undefined;
  /** Fingerprints. */
  keys: readonly string[];
  record: LoginRecord | Error;
  refusal: RefusalReason | undefined;
  mayLogin: boolean;
  newPassword: Error | undefined;
}

/** Alice must give a password and a code; both are always right. */
function setUp() {
  const state: World = {
    account: ALICE,
    keys: [],
    record: EMPTY_RECORD,
    refusal: undefined,
    mayLogin: true,
    newPassword: undefined,
  };
  const done: string[] = [];
  const authenticator: Authenticator = {
    password: async (user, _password, objection) => {
      const reason = await objection?.();
      return reason === undefined ? { ok: true, identity: { user } } : { ok: false, reason };
    },
    publicKey: async (user, { blob }, objection) => {
      const fingerprint = fingerprintOf(blob);
      const reason = state.keys.includes(fingerprint) ? await objection?.() : 'unknown-key';
      return reason === undefined ? { ok: true, identity: { user }, fingerprint } : { ok: false, reason };
    },
    refusalIsDue: async () => {
      done.push('waited');
    },
  };
  const events: AuditEvent[] = [];
  const log = recordingLog();
  const steps = createLoginSteps({
    origin: { sessionId: 's1', address: '192.0.2.1' },
    store: { find: () => state.account },
    keys: { list: async () => state.keys.map(keyOf) },
    authenticator,
    records: {
      read: async () => {
        if (state.record instanceof Error) throw state.record;
        return state.record;
      },
    },
    secondFactors: {
      check: async () => {
        done.push('code');
        return { kind: 'right' };
      },
    },
    changePassword: async (_user, secret, next) => {
      if (state.newPassword !== undefined) throw state.newPassword;
      done.push(`password ${secret} -> ${next}`);
      state.account = { ...ALICE, secret: next };
      state.record = EMPTY_RECORD;
    },
    judge: ({ proofs }): LoginVerdict => {
      if (state.refusal !== undefined) return { kind: 'refused', reason: state.refusal };
      return proofs.includes('totp') ? { kind: 'enough', method: 'password+totp' } : { kind: 'more', next: ['totp'] };
    },
    passwordRules: () => ANY_PASSWORD,
    hasRoom: async () => state.mayLogin,
    audit: (event) => events.push(event),
    log,
  });
  const afterPassword = async (): Promise<Progress> => {
    const answer = await steps.password(steps.begin('alice'), 'right');
    if (answer.kind !== 'more') throw new Error(answer.kind);
    return answer.progress;
  };
  return { steps, state, done, events, log, afterPassword };
}

const KEY = Buffer.from('a key');

function keyOf(fingerprint: string): AuthorizedKey {
  return { type: 'ssh-ed25519', blob: KEY, comment: '', fingerprint, line: 1 };
}

const MUST_CHANGE: LoginRecord = { ...EMPTY_RECORD, mustChangePassword: true };
const refused = (reason: RefusalReason): StepAnswer => ({ kind: 'refused', reason });

test('login steps: a password and a code make a login, with what it was made of', async (t) => {
  const { steps, afterPassword } = setUp();
  const progress = await afterPassword();
  t.deepEqual([progress.proofs, progress.next], [['password'], ['totp']]);
  t.like(await steps.code(progress, '123456'), {
    kind: 'in',
    identity: { user: 'alice' },
    login: { user: 'alice', address: '192.0.2.1', method: 'password+totp', key: undefined },
  });
});

const changes: [title: string, change: Partial<World>, reason: RefusalReason][] = [
  ['the password is changed', { account: { ...ALICE, secret: 'new' } }, 'wrong-password'],
  ['the user is locked', { account: { ...ALICE, locked: true } }, 'locked'],
  ['the user is removed', { account: undefined }, 'unknown-user'],
  ['the account expires', { refusal: 'expired' }, 'expired'],
  ['another session is one too many', { mayLogin: false }, 'too-many-sessions'],
  ['the record can’t be read any more', { record: new LoginRecordError('logins/alice: a reason') }, 'unreadable'],
];

for (const [title, change, reason] of changes) {
  test(`login steps: when ${title} between two steps, the second is refused`, async (t) => {
    const parts = setUp();
    const progress = await parts.afterPassword();
    Object.assign(parts.state, change);
    t.deepEqual(await parts.steps.code(progress, '123456'), refused(reason));
    // As late as every refusal.
    t.deepEqual(parts.done, ['code', 'waited']);
  });
}

// What was wrong: a key that was taken away while its owner looked for the code still let in, until the keys of who is logged
// in were looked at.
// How reached: a key, its removal, and then the code.
// What this verifies: a key counts at the step after it only if it is still there.
test('login steps: when the key is taken away before the code, the code is refused', async (t) => {
  const { steps, state } = setUp();
  state.keys = [fingerprintOf(KEY)];
  const answer = await steps.publicKey(steps.begin('alice'), { algorithm: 'ssh-ed25519', blob: KEY });
  if (answer.kind !== 'more') return t.fail(answer.kind);
  t.like(await steps.code(answer.progress, '123456'), { kind: 'in', login: { key: fingerprintOf(KEY) } });
  state.keys = ['SHA256:another'];
  t.deepEqual(await steps.code(answer.progress, '123456'), refused('unknown-key'));
  return undefined;
});

const late: [title: string, change: Partial<World>, reason: RefusalReason][] = [
  ['the password is changed', { account: { ...ALICE, secret: 'new' } }, 'wrong-password'],
  ['the user is locked', { account: { ...ALICE, locked: true } }, 'locked'],
  ['a rule refuses it', { refusal: 'network' }, 'network'],
];

for (const [title, change, reason] of late) {
  test(`login steps: when ${title} after the last step, what was decided has an objection`, async (t) => {
    const { steps, state, afterPassword } = setUp();
    const answer = await steps.code(await afterPassword(), '123456');
    if (answer.kind !== 'in') return t.fail(answer.kind);
    t.is(answer.objection(), undefined);
    Object.assign(state, change);
    t.is(answer.objection(), reason);
    return undefined;
  });
}

test('login steps: a code that nobody asked for is not looked at', async (t) => {
  const { steps, done } = setUp();
  t.deepEqual(await steps.code(steps.begin('alice'), '123456'), refused('malformed'));
  t.deepEqual(done, ['waited']);
});

test('login steps: a new password that nobody asked for changes nothing', async (t) => {
  const { steps, done, afterPassword } = setUp();
  for (const progress of [steps.begin('alice'), await afterPassword()]) {
    t.deepEqual(await steps.newPassword(progress, 'mine now'), refused('malformed'));
  }
  t.deepEqual(done, []);
});

test('login steps: a new password takes the place of the one that was proven, and then the login goes on', async (t) => {
  const { steps, state, done, events, afterPassword } = setUp();
  state.record = MUST_CHANGE;
  const answer = await steps.code(await afterPassword(), '123456');
  if (answer.kind !== 'more') return t.fail(answer.kind);
  t.deepEqual(answer.progress.next, ['new-password']);
  state.newPassword = new AccountError('too short');
  t.deepEqual(await steps.newPassword(answer.progress, 'x'), { kind: 'again', problem: 'too short' });
  t.deepEqual(events, []);
  state.newPassword = undefined;
  t.like(await steps.newPassword(answer.progress, 'new'), { kind: 'in', identity: { user: 'alice' } });
  t.deepEqual(done, ['code', 'password stored -> new']);
  t.deepEqual(
    events.map(({ event }) => event),
    ['account.password-changed'],
  );
  return undefined;
});

test('login steps: a lock that is held too long is an overload, and what nobody foresaw is logged', async (t) => {
  const { steps, state, log } = setUp();
  const begin = steps.begin('alice');
  state.record = new FileLockedError('.alice.lock', 'process 1');
  t.deepEqual(await steps.password(begin, 'right'), refused('overloaded'));
  t.deepEqual(log.lines, []);
  state.record = new Error('boom');
  t.deepEqual(await steps.password(begin, 'right'), refused('unreadable'));
  t.deepEqual(log.lines, ['unexpected: deciding a login: Error: boom']);
});
