// Requests of a login that are sent without waiting for the answers (RFC 4252, section 5.1), or instead of an answer.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { encodeStrings } from '../../src/transport/wire.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';
import { beforeLogin } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { listen, say, socketOf } from '../hostile/liar.ts';
import { MESSAGE, message } from '../hostile/plain-peer.ts';
import { u8, u32 } from '../sftp/bytes-of.ts';

const { userauthRequest, userauthFailure, userauthSuccess, userauthInfoRequest } = MESSAGE;
/** Of the same number: RFC 4252, section 7, and RFC 4256, section 3.2. */
const userauthPkOk = userauthInfoRequest;

const request = (method: string, ...fields: readonly Buffer[]): Buffer =>
  message(userauthRequest, encodeStrings(['alice', 'ssh-connection', method]), ...fields);
const password = (word: string): Buffer => request('password', u8(0), encodeStrings([word]));
const interactive = request('keyboard-interactive', encodeStrings(['', '']));

/** A key of alice, and the question whether it would do. */
async function keyQuestion({ folder }: TestServer): Promise<Buffer> {
  const pair = makeKeyPair('ed25519');
  await mkdir(join(folder, 'authorized_keys'), { recursive: true });
  await writeFile(join(folder, 'authorized_keys', 'alice'), `${pair.public}\n`);
  const blob = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
  return request('publickey', u8(0), encodeStrings(['ssh-ed25519', blob]));
}

/** Sends the requests at once, and resolves to the types of as many answers. */
async function answers(t: ExecutionContext, server: TestServer, requests: readonly Buffer[]): Promise<number[]> {
  const client = await beforeLogin(t, server, 'alice');
  const heard: number[] = [];
  listen(client, ([type = 0]) => heard.push(type));
  for (const one of requests) say(client, one);
  await until(() => heard.length >= requests.length || socketOf(client).destroyed);
  return heard.slice(0, requests.length);
}

test('login requests: those sent at once are answered in their order', async (t) => {
  /*
   * What was wrong: ssh2 answered what had waited from the last to the first.
   * How it was reached: a client that does not wait for the answers.
   * What this verifies: the answer to a right password is behind those to the wrong ones before it.
   */
  const server = await startServer(t);
  const wrong = password('wrong');
  const requests = [wrong, wrong, wrong, password(PASSWORDS.alice)];
  t.deepEqual(await answers(t, server, requests), [...Array(3).fill(userauthFailure), userauthSuccess]);
});

test('login requests: one behind the question whether a key would do is answered', async (t) => {
  /*
   * What was wrong: ssh2 went on with what had waited only when a request had failed.
   * How it was reached: a key that would do is offered, and a password sent without waiting for the answer.
   * What this verifies: both are answered.
   */
  const server = await startServer(t);
  const requests = [await keyQuestion(server), password(PASSWORDS.alice)];
  t.deepEqual(await answers(t, server, requests), [userauthPkOk, userauthSuccess]);
});

test('login requests: one behind that which let in is passed over', async (t) => {
  // RFC 4252, section 5.1. ssh2 ends the connection.
  const server = await startServer(t);
  const client = await beforeLogin(t, server, 'alice');
  const heard: number[] = [];
  listen(client, ([type = 0]) => heard.push(type));
  for (const word of [PASSWORDS.alice, 'wrong']) say(client, password(word));
  await until(() => heard.includes(userauthSuccess));
  say(client, password('wrong'));
  const keepalive = message(MESSAGE.globalRequest, encodeStrings(['keepalive@openssh.com']), u8(1));
  say(client, keepalive);
  const requestFailure = 82;
  await until(() => heard.includes(requestFailure) || socketOf(client).destroyed);
  t.true(heard.includes(requestFailure));
  t.false(heard.includes(userauthFailure));
});

test('login requests: a key may be asked about instead of answering a question', async (t) => {
  /*
   * What was wrong: ssh2 keeps a list of the methods under way, from which it never took what was given up for another
   * request; PK_OK then belonged to none, and the answer was an internal error.
   * How it was reached: keyboard-interactive that is given up for a key.
   * What this verifies: the key would do, and questions asked again can be answered.
   */
  const server = await startServer(t);
  const question = await keyQuestion(server);
  const client = await beforeLogin(t, server, 'alice');
  const heard: number[] = [];
  listen(client, ([type = 0]) => heard.push(type));
  for (const [index, one] of [interactive, question, interactive].entries()) {
    say(client, one);
    await until(() => heard.length > index || socketOf(client).destroyed);
  }
  t.deepEqual(heard, [userauthInfoRequest, userauthPkOk, userauthInfoRequest]);
  const answer = message(MESSAGE.userauthInfoResponse, u32(1), encodeStrings([PASSWORDS.alice]));
  say(client, answer);
  await until(() => heard.length > 3 || socketOf(client).destroyed);
  t.is(heard[3], userauthSuccess);
});
