// Who tries to get in between the steps of a login: with messages out of order, answers that do not fit, the name of
// another user half-way, and floods. A wrong state would let in without all proofs, or shut out for good.

import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Client } from 'ssh2';
import { LoginRecords } from '../../src/accounts/login-records.ts';
import { SecondFactors } from '../../src/accounts/second-factor.ts';
import { codeAt, stepAt } from '../../src/accounts/totp.ts';
import { encodeStrings } from '../../src/transport/wire.ts';
import { recordingLog } from '../accounts/fixtures.ts';
import { loginByScript } from '../helpers/login-script.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { beforeLogin } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { u8, u32 } from '../sftp/bytes-of.ts';
import { listen, say, socketOf } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives, type Victim } from './victim.ts';

const request = (user: string, method: string, ...fields: Buffer[]): Buffer =>
  message(MESSAGE.userauthRequest, encodeStrings([user, 'ssh-connection', method]), ...fields);
const none = (user: string): Buffer => request(user, 'none');
const password = (user: string, word: string): Buffer => request(user, 'password', u8(0), encodeStrings([word]));
const interactive = (user: string): Buffer => request(user, 'keyboard-interactive', encodeStrings(['', '']));
const answers = (...words: string[]): Buffer =>
  message(MESSAGE.userauthInfoResponse, u32(words.length), encodeStrings(words));

interface Liar {
  readonly client: Client;
  /** Types of the messages that have come, in order; `partial` is a failure that says so. */
  readonly heard: (number | 'partial')[];
  say(...messages: Buffer[]): void;
  /** Resolves when so many messages of the type have come, or the server has closed the connection. */
  hears(type: number | 'partial', times?: number): Promise<void>;
  readonly isClosed: () => boolean;
}

async function lie(t: ExecutionContext, victim: Victim): Promise<Liar> {
  const client = await beforeLogin(t, victim, 'mallory');
  const heard: (number | 'partial')[] = [];
  let isClosed = false;
  client.once('close', () => {
    isClosed = true;
  });
  listen(client, (one) => {
    const isPartial = one[0] === MESSAGE.userauthFailure && one.at(-1) === 1;
    heard.push(isPartial ? 'partial' : (one[0] ?? -1));
  });
  return {
    client,
    heard,
    isClosed: () => isClosed,
    say: (...messages) => {
      for (const one of messages) say(client, one);
    },
    hears: (type, times = 1) => until(() => isClosed || heard.filter((one) => one === type).length >= times),
  };
}

/** A server on which alice has a second factor. */
async function setUp(t: ExecutionContext) {
  const victim = await startVictim(t);
  const records = new LoginRecords({ folder: join(victim.folder, 'logins'), log: recordingLog() });
  const factors = new SecondFactors({ records });
  const enrolment = factors.prepare('alice');
  await factors.enable(enrolment, undefined);
  return {
    victim,
    code: () => codeAt(enrolment.secret, stepAt(Date.now())),
    logins: async (): Promise<unknown[]> => {
      const records = await victim.records();
      return records.filter(({ event, user }) => event === 'session.login' && user !== 'bob').map(({ user }) => user);
    },
    /** The reasons in the log, once there are so many. */
    refusals: async (least: number): Promise<unknown[]> => {
      const read = async (): Promise<unknown[]> => {
        const records = await victim.records();
        return records.filter(({ event }) => event === 'session.refused').map(({ reason }) => reason);
      };
      await until(async () => (await read()).length >= least);
      return read();
    },
  };
}

test.serial('login steps: a request that overtakes the check of a right password lets nobody in', async (t) => {
  /*
   * What was wrong: a request of keyboard-interactive that was given up by the next one (RFC 4252, section 5.1) still
   * came to its end, and its right password made a login of which the client was told nothing.
   * How it was reached: the answer to the question, and a request of "none" right behind it.
   * What this verifies: there is no login, the try counts as one that failed, and the next one is served as ever.
   */
  const { victim, logins, refusals } = await setUp(t);
  const liar = await lie(t, victim);
  liar.say(interactive('mallory'));
  await liar.hears(MESSAGE.userauthInfoRequest);
  // In one piece, so that the second is there before the first is checked.
  socketOf(liar.client).cork();
  liar.say(answers(PASSWORDS.mallory), none('mallory'));
  socketOf(liar.client).uncork();
  await liar.hears(MESSAGE.userauthFailure);
  t.deepEqual(await refusals(1), ['malformed']);
  t.deepEqual(await logins(), []);
  t.false(liar.heard.includes(MESSAGE.userauthSuccess));
  liar.client.destroy();
  const { heard, client } = await loginByScript(victim, 'mallory', [{ password: PASSWORDS.mallory }]);
  client?.destroy();
  t.is(heard.at(-1), 'in');
  await survives(t, victim);
});

test.serial('login steps: one who has proven something is not let on under another name', async (t) => {
  const { victim, code, logins } = await setUp(t);
  // Alice's password, then mallory's own; and the other way round.
  for (const [first, second] of [
    [password('alice', PASSWORDS.alice), password('mallory', PASSWORDS.mallory)],
    [password('alice', PASSWORDS.alice), interactive('mallory')],
    [password('mallory', 'guess'), interactive('alice')],
  ] as const) {
    const liar = await lie(t, victim);
    liar.say(first);
    await until(() => liar.heard.length > 0);
    liar.say(second, answers(code()));
    await until(liar.isClosed);
    t.false(liar.heard.includes(MESSAGE.userauthSuccess));
    t.false(liar.heard.includes(MESSAGE.userauthInfoRequest));
  }
  t.deepEqual(await logins(), []);
  await survives(t, victim);
});

test.serial('login steps: several requests sent at once let nobody in with less than all proofs', async (t) => {
  const { victim, code, logins } = await setUp(t);
  const right = password('alice', PASSWORDS.alice);
  // With the least that is heard of each: what comes before the question that it answers is nothing to ssh2.
  const batches: [least: number, batch: Buffer[]][] = [
    [3, [right, right, right]],
    [4, [right, none('alice'), right, none('alice')]],
    [1, [interactive('alice'), answers(code()), right]],
    [1, [interactive('alice'), interactive('alice'), answers(PASSWORDS.alice), answers(code())]],
    [1, [right, answers(code())]],
    [1, [answers(code()), right]],
    [1, [interactive('alice'), answers(PASSWORDS.alice), right, answers(code())]],
  ];
  for (const [least, batch] of batches) {
    for (const isOnePiece of [true, false]) {
      const liar = await lie(t, victim);
      if (isOnePiece) socketOf(liar.client).cork();
      liar.say(...batch);
      socketOf(liar.client).uncork();
      await until(() => liar.isClosed() || liar.heard.length >= least);
      liar.client.destroy();
      t.false(liar.heard.includes(MESSAGE.userauthSuccess));
    }
  }
  t.deepEqual(await logins(), []);
  await survives(t, victim);
});

for (const [what, words] of [
  ['no answer', []],
  ['two answers', [PASSWORDS.mallory, PASSWORDS.mallory]],
  ['ninety-nine answers', Array<string>(99).fill(PASSWORDS.mallory)],
] as const) {
  test.serial(`login steps: ${what} to one question is a failure`, async (t) => {
    const { victim, refusals } = await setUp(t);
    const liar = await lie(t, victim);
    liar.say(interactive('mallory'));
    await liar.hears(MESSAGE.userauthInfoRequest);
    liar.say(answers(...words));
    await liar.hears(MESSAGE.userauthFailure);
    t.false(liar.heard.includes(MESSAGE.userauthSuccess));
    t.deepEqual(await refusals(1), ['malformed']);
    await survives(t, victim);
  });
}

test.serial(
  'login steps: the wrong number of answers to the question for a code is a failure, and uses up none',
  async (t) => {
    const { victim, code, refusals } = await setUp(t);
    const liar = await lie(t, victim);
    liar.say(interactive('alice'));
    await liar.hears(MESSAGE.userauthInfoRequest);
    liar.say(answers(PASSWORDS.alice));
    await liar.hears(MESSAGE.userauthInfoRequest, 2);
    const used = code();
    liar.say(answers(used, used));
    await liar.hears(MESSAGE.userauthFailure);
    t.deepEqual(await refusals(1), ['malformed']);
    const { heard, client } = await loginByScript(victim, 'alice', [{ answers: [[PASSWORDS.alice], [used]] }]);
    client?.destroy();
    t.is(heard.at(-1), 'in');
    await survives(t, victim);
  },
);

test.serial(
  'login steps: exchanges that are begun and given up count as tries, and six of them end the connection',
  async (t) => {
    const { victim, refusals } = await setUp(t);
    const liar = await lie(t, victim);
    for (let turn = 1; turn <= 100 && !liar.isClosed(); turn += 1) {
      liar.say(interactive('alice'));
      await liar.hears(MESSAGE.userauthInfoRequest, turn);
    }
    await until(liar.isClosed);
    t.is((await refusals(6)).length, 6);
    await survives(t, victim);
  },
);

test.serial('login steps: guessing codes with the right password is stopped, over all connections', async (t) => {
  const { victim, code, refusals } = await setUp(t);
  const guess = { answers: [[PASSWORDS.alice], ['not a code']] };
  for (let turn = 0; turn < 4; turn += 1) await loginByScript(victim, 'alice', Array(5).fill(guess));
  const { heard } = await loginByScript(victim, 'alice', [{ answers: [[PASSWORDS.alice], [code()]] }]);
  t.is(heard.at(-1), 'out');
  const reasons = await refusals(21);
  t.is(reasons.filter((reason) => reason === 'wrong-code').length, 10);
  t.is(reasons.at(-1), 'too-many-codes');
  await survives(t, victim);
});

test.serial('login steps: sixty at once who stop at the question for a code harm nobody', async (t) => {
  const { victim } = await setUp(t);
  const liars = await Promise.all(Array.from({ length: 60 }, () => lie(t, victim)));
  for (const liar of liars) liar.say(password('alice', PASSWORDS.alice));
  await Promise.all(liars.map((liar) => until(() => liar.isClosed() || liar.heard.length > 0)));
  for (const liar of liars) liar.say(interactive('alice'));
  await survives(t, victim);
  for (const liar of liars) t.false(liar.heard.includes(MESSAGE.userauthSuccess));
});
