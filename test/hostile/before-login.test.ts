// What anybody can send with keys and without a password. The order of the login is RFC 4252's.

import test, { type ExecutionContext } from 'ava';
import type { Client } from 'ssh2';
import { encodeStrings } from '../../src/transport/wire.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { beforeLogin, closed, login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { u8, u32 } from '../sftp/bytes-of.ts';
import { listen, pressed, say, socketOf } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives, type Victim } from './victim.ts';

const serviceRequest = message(MESSAGE.serviceRequest, encodeStrings(['ssh-userauth']));
const sessionOpen = message(MESSAGE.channelOpen, encodeStrings(['session']), u32(0), u32(1 << 20), u32(1 << 15));

function userauth(user: string, method: string, fields: Buffer = Buffer.alloc(0), service = 'ssh-connection'): Buffer {
  return message(MESSAGE.userauthRequest, encodeStrings([user, service, method]), fields);
}

const password = (user: string, word: string, service?: string): Buffer =>
  userauth(user, 'password', Buffer.concat([u8(0), encodeStrings([word])]), service);

interface Attacker {
  readonly client: Client;
  /** Types of the messages that have come since the key exchange. */
  readonly heard: number[];
  /** Resolves when one of them has come, or the connection is closed. */
  hears(type: number, times?: number): Promise<void>;
}

/** A client that has asked for no service yet, or has been given that of logging in. */
async function attacker(t: ExecutionContext, victim: Victim): Promise<Attacker> {
  // ssh2's client asks for the service of its own accord.
  const client = await beforeLogin(t, victim, 'mallory');
  const heard: number[] = [];
  listen(client, (one) => heard.push(one[0] ?? -1));
  return {
    client,
    heard,
    hears: (type, times = 1) =>
      until(() => heard.filter((one) => one === type).length >= times || socketOf(client).destroyed),
  };
}

const loginsOfOthers = async (victim: Victim): Promise<unknown[]> =>
  (await victim.records()).filter(({ event, user }) => event === 'session.login' && user !== 'bob');

test.serial('control: a login by hand opens a session', async (t) => {
  const victim = await startVictim(t);
  const { client, heard, hears } = await attacker(t, victim);
  say(client, password('mallory', PASSWORDS.mallory));
  await hears(MESSAGE.userauthSuccess);
  say(client, sessionOpen);
  await hears(MESSAGE.channelOpenConfirmation);
  t.true(heard.includes(MESSAGE.channelOpenConfirmation));
  await survives(t, victim);
});

test.serial('state: who says of himself that he is logged in is not (CVE-2018-10933, CVE-2023-46445)', async (t) => {
  // Would go wrong: a message of the server's side, or of a later step, moves the server's own state on.
  const victim = await startVictim(t);
  const lies: Record<string, readonly Buffer[]> = {
    success: [message(MESSAGE.userauthSuccess)],
    'success after a refusal': [password('mallory', 'wrong'), message(MESSAGE.userauthSuccess)],
    failure: [message(MESSAGE.userauthFailure, encodeStrings(['']), u8(1))],
    banner: [message(MESSAGE.userauthBanner, encodeStrings(['x', '']))],
    question: [message(MESSAGE.userauthInfoRequest, encodeStrings(['', '', '']), u32(0))],
    'answers that nobody asked for': [message(MESSAGE.userauthInfoResponse, u32(1), encodeStrings(['x']))],
    'answers without end': [message(MESSAGE.userauthInfoResponse, u32(2 ** 32 - 1))],
    'second EXT_INFO': [message(MESSAGE.extInfo, u32(1), encodeStrings(['server-sig-algs', 'x']))],
    'EXT_INFO without end': [message(MESSAGE.extInfo, u32(2 ** 32 - 1))],
    'service of channels': [message(MESSAGE.serviceRequest, encodeStrings(['ssh-connection']))],
    'new keys': [message(MESSAGE.newKeys)],
  };
  for (const [what, messages] of Object.entries(lies)) {
    const { client, heard } = await attacker(t, victim);
    const gone = closed(client);
    for (const one of messages) say(client, one);
    say(client, sessionOpen);
    await gone;
    t.false(heard.includes(MESSAGE.channelOpenConfirmation), what);
    t.false(heard.includes(MESSAGE.userauthSuccess), what);
  }
  t.deepEqual(await loginsOfOthers(victim), []);
  await survives(t, victim);
});

test.serial('state: another user or service in the middle of logging in ends the connection', async (t) => {
  // Would go wrong: tries of one user count for another, or what one has shown serves the other (CVE-2023-46446).
  const victim = await startVictim(t);
  const changes: Record<string, readonly Buffer[]> = {
    'another user': [userauth('alice', 'none'), password('mallory', PASSWORDS.mallory)],
    'another user after a wrong password': [password('alice', 'x'), password('mallory', PASSWORDS.mallory)],
    'another service': [password('mallory', PASSWORDS.mallory, 'ssh-file-transfer')],
    'no service': [password('mallory', PASSWORDS.mallory, '')],
    'a user with a NUL': [password('mallory\0', PASSWORDS.mallory)],
  };
  for (const [what, messages] of Object.entries(changes)) {
    const { client, heard, hears } = await attacker(t, victim);
    for (const one of messages) say(client, one);
    await Promise.race([hears(MESSAGE.userauthFailure, messages.length), hears(MESSAGE.disconnect)]);
    t.false(heard.includes(MESSAGE.userauthSuccess), what);
    client.destroy();
  }
  t.deepEqual(await loginsOfOthers(victim), []);
  await survives(t, victim);
});

test.serial('state: a login after the login changes nobody', async (t) => {
  const victim = await startVictim(t);
  const client = await login(t, victim, 'mallory');
  say(client, password('alice', PASSWORDS.alice));
  const answer = await run(client, 'whoami').catch(() => undefined);
  t.true(answer === undefined || answer.stdout.toString('utf8') === 'mallory\n');
  t.false((await victim.records()).some(({ event, user }) => event === 'session.login' && user === 'alice'));
  await survives(t, victim);
});

test.serial('methods: one that is not served is answered with those that are', async (t) => {
  /*
   * What was wrong: RFC 4252, section 5.1, wants a FAILURE with the methods that there are; ssh2 sent DISCONNECT.
   * How it was reached: a client that asks for a method before it has heard which there are, as by GSSAPI.
   * What this verifies: it is told, nobody is let in by that, and it can go on.
   */
  const victim = await startVictim(t);
  for (const method of ['gssapi-with-mic', 'hostbased', '', 'x'.repeat(30_000), '__proto__', 'none\0']) {
    const { client, heard, hears } = await attacker(t, victim);
    say(client, userauth('mallory', method));
    if (method === 'hostbased') {
      await Promise.race([hears(MESSAGE.disconnect), hears(MESSAGE.userauthFailure)]);
      t.false(heard.includes(MESSAGE.userauthSuccess), method);
    } else {
      await hears(MESSAGE.userauthFailure);
      t.deepEqual(heard, [MESSAGE.userauthFailure], method.slice(0, 20));
      say(client, password('mallory', PASSWORDS.mallory));
      await hears(MESSAGE.userauthSuccess);
      t.deepEqual(heard.slice(0, 2), [MESSAGE.userauthFailure, MESSAGE.userauthSuccess], method.slice(0, 20));
    }
    client.destroy();
  }
  const logins = (await victim.records()).filter(({ event }) => event === 'session.login');
  t.deepEqual(new Set(logins.map(({ user }) => user)), new Set(['bob', 'mallory']));
  await survives(t, victim);
});

test.serial('requests: those cut off at any byte are refused, and nobody is let in', async (t) => {
  // Would go wrong: a field that is missing is an error that nobody catches, or an empty password that fits.
  const victim = await startVictim(t);
  const key = encodeStrings(['ssh-ed25519', encodeStrings(['ssh-ed25519', Buffer.alloc(32, 1)])]);
  const signature = encodeStrings([encodeStrings(['ssh-ed25519', Buffer.alloc(64)])]);
  const whole = [
    password('alice', 'wrong'),
    userauth('alice', 'publickey', Buffer.concat([u8(0), key])),
    userauth('alice', 'publickey', Buffer.concat([u8(1), key, signature])),
    userauth('alice', 'publickey', Buffer.concat([u8(1), encodeStrings(['ssh-ed25519', '']), signature])),
    userauth('alice', 'publickey', Buffer.concat([u8(1), encodeStrings(['', '', ''])])),
    userauth('alice', 'keyboard-interactive', encodeStrings(['', ''])),
    userauth('alice', 'hostbased', Buffer.concat([key, encodeStrings(['host', 'root']), signature])),
  ];
  for (const request of whole) {
    for (let end = 1; end <= request.length; end += 7) {
      const { client, heard, hears } = await attacker(t, victim);
      say(client, request.subarray(0, end));
      await Promise.race([
        hears(MESSAGE.disconnect),
        hears(MESSAGE.userauthFailure),
        hears(MESSAGE.userauthInfoRequest),
      ]);
      t.false(heard.includes(MESSAGE.userauthSuccess), request.toString('latin1', 0, end));
      client.destroy();
    }
  }
  t.deepEqual(await loginsOfOthers(victim), []);
  await survives(t, victim);
});

for (const [what, flood] of Object.entries({
  'the service of logging in': serviceRequest,
  ping: message(MESSAGE.ping, encodeStrings([Buffer.alloc(200)])),
  IGNORE: message(MESSAGE.ignore, encodeStrings([Buffer.alloc(200)])),
  'an unknown message': message(191),
  'the methods there are': userauth('mallory', 'none'),
})) {
  test.serial(`reply flood: fifty thousand times ${what}, with nothing read`, async (t) => {
    // Would go wrong: the answers that nobody takes are kept until the memory is full (142 to 257 MB in 30 s of ssh2 as it is).
    const victim = await startVictim(t);
    const client = await beforeLogin(t, victim, 'mallory');
    const socket = socketOf(client);
    socket.pause();
    for (let sent = 0; sent < 50_000 && !socket.destroyed; sent += 1) say(client, flood);
    const outcome = await pressed(socket);
    t.true(['taken', 'held', 'closed'].includes(outcome));
    await survives(t, victim);
    client.destroy();
    await survives(t, victim);
  });
}

test.serial(
  'state: a SUCCESS or FAILURE from the client while a password is checked ends the connection',
  async (t) => {
    /*
     * What was wrong: ssh2 takes it for an answer to the client's own login, and threw when the true answer was sent.
     * How it was reached: a password and a USERAUTH_SUCCESS behind it, by anybody; each wrote a stack into the log.
     * What this verifies: the connection ends as a violation, nobody is logged in, and nothing unforeseen is logged.
     */
    const victim = await startVictim(t);
    const isNoClients = "is no client's";
    for (const type of [MESSAGE.userauthFailure, MESSAGE.userauthSuccess]) {
      for (const word of ['wrong', PASSWORDS.mallory]) {
        const { client, heard } = await attacker(t, victim);
        const gone = closed(client);
        // In one piece: the second must be there before the password is checked, or a right one has won.
        const socket = socketOf(client);
        socket.cork();
        say(client, password('mallory', word));
        say(client, message(type, encodeStrings(['password']), u8(0)));
        socket.uncork();
        await gone;
        t.false(heard.includes(MESSAGE.userauthSuccess));
      }
    }
    await until(async () => {
      const reasons = (await victim.records()).map(({ reason }) => String(reason));
      return reasons.filter((reason) => reason.endsWith(isNoClients)).length === 4;
    });
    await survives(t, victim);
  },
);

test.serial(
  'answers: a number of them that is a lie ends the connection, and nothing is set aside for it',
  async (t) => {
    /*
     * What was wrong: ssh2 makes a list for as many answers as SSH_MSG_USERAUTH_INFO_RESPONSE says it has, before it looks for
     * them: 256 MiB for a message of 13 bytes.
     * How it was reached: by anybody who was asked for a password.
     * What this verifies: such a message ends the connection, and costs no memory.
     */
    const victim = await startVictim(t);
    for (const count of [2 ** 25 - 1, 2 ** 32 - 1, 2]) {
      const { client, heard, hears } = await attacker(t, victim);
      say(client, userauth('mallory', 'keyboard-interactive', encodeStrings(['', ''])));
      await hears(MESSAGE.userauthInfoRequest);
      t.true(heard.includes(MESSAGE.userauthInfoRequest));
      const gone = closed(client);
      say(client, message(MESSAGE.userauthInfoResponse, u32(count), encodeStrings([''])));
      await gone;
    }
    await survives(t, victim, 60);
  },
);

test.serial('passwords: three hundred at once are not three hundred tries', async (t) => {
  const victim = await startVictim(t);
  const client = await beforeLogin(t, victim, 'mallory');
  const gone = closed(client);
  for (let tried = 0; tried < 300; tried += 1) say(client, password('alice', `guess ${tried}`));
  say(client, password('alice', PASSWORDS.alice));
  await gone;
  const tries = (await victim.records()).filter(({ event }) => event === 'session.refused');
  t.true(tries.length <= 6, `${tries.length} tries`);
  t.deepEqual(await loginsOfOthers(victim), []);
  await survives(t, victim);
});

test.serial(
  'login grace: it ends in any state of logging in, for sixty at once, and harms nothing (CVE-2024-6387)',
  async (t) => {
    // Would go wrong: the end of the time comes in the middle of something, as of a check of a password, and what that
    // leaves behind is used again. OpenSSH's handler did work that may not be interrupted.
    const victim = await startVictim(t, { 'login-grace': '4s' });
    const states: ReadonlyArray<(client: Client) => void> = [
      () => {},
      (client) => say(client, userauth('alice', 'keyboard-interactive', encodeStrings(['', '']))),
      (client) => say(client, message(MESSAGE.ignore, encodeStrings(['x'])).subarray(0, 3)),
      // Tries without end, so that one of them is under way.
      (client) => {
        const again = setInterval(() => {
          if (socketOf(client).destroyed) clearInterval(again);
          else say(client, password('alice', 'wrong'));
        }, 300);
      },
      (client) => say(client, password('alice', 'x'.repeat(1000))),
      (client) => socketOf(client).pause(),
    ];
    const clients = await Promise.all(Array.from({ length: 60 }, () => beforeLogin(t, victim, 'mallory')));
    const gone = clients.map((client) => closed(client));
    for (const [index, client] of clients.entries()) states[index % states.length]?.(client);
    await until(async () => {
      const ended = (await victim.records()).filter(
        ({ event, user }) => event === 'session.close' && user === undefined,
      );
      return ended.length >= clients.length;
    });
    for (const client of clients) socketOf(client).resume();
    await Promise.all(gone);
    const reasons = (await victim.records()).map(({ reason }) => reason);
    t.true(reasons.filter((reason) => reason === 'login took too long').length >= clients.length / 2);
    t.deepEqual(await loginsOfOthers(victim), []);
    await survives(t, victim, 100);
  },
);

test.serial('login flood: while sixty-four guess passwords without end, who is in works on', async (t) => {
  // Would go wrong: passwords are hashed on the threads that all file operations share, which stood still for 5 to 12 s.
  const victim = await startVictim(t, { 'max-auth-tries': '100' });
  const bob = await login(t, victim, 'bob');
  const guessers = await Promise.all(Array.from({ length: 64 }, () => beforeLogin(t, victim, 'mallory')));
  let isOver = false;
  const guessing = guessers.map(async (client) => {
    let refused = (): void => {};
    listen(client, ([type]) => type === MESSAGE.userauthFailure && refused());
    client.once('close', () => refused());
    while (!isOver && !socketOf(client).destroyed) {
      const answer = new Promise<void>((resolve) => {
        refused = resolve;
      });
      say(client, password('alice', 'wrong'));
      await answer;
    }
  });
  for (let round = 0; round < 50; round += 1) {
    t.is((await run(bob, 'upload work', `round ${round}`)).status, 0);
    t.is((await run(bob, 'cat work')).stdout.toString('utf8'), `round ${round}`);
  }
  isOver = true;
  await Promise.all(guessing);
  for (const client of guessers) client.destroy();
  t.true((await victim.records()).some(({ event }) => event === 'session.refused'));
  await survives(t, victim, 250);
});
