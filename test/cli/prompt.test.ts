import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'ava';
import ssh2 from 'ssh2';
import type { Asking } from '../../src/cli/controlling-terminal.ts';
import { openClient } from '../../src/cli/open-client.ts';
import { askSecret, InterruptedError } from '../../src/cli/prompt.ts';
import { ConnectionError } from '../../src/client/connection-error.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { until } from '../helpers/until.ts';

/** A terminal whose keys come in the given pieces. */
function terminal(...pieces: (string | Buffer)[]) {
  const input = new PassThrough();
  const output = new PassThrough();
  const modes: boolean[] = [];
  for (const piece of pieces) input.write(piece);
  return { input: Object.assign(input, { setRawMode: (raw: boolean) => modes.push(raw) }), output, modes };
}

const cases: [title: string, keys: (string | Buffer)[], secret: string][] = [
  ['a line ended by Enter', ['secret\r'], 'secret'],
  ['a line ended by LF', ['secret\n'], 'secret'],
  ['an empty line', ['\r'], ''],
  ['spaces and colons', ['  a: b \r'], '  a: b '],
  ['backspace, which takes a whole character', ['a😀\x7fb\bc\r'], 'ac'],
  ['backspace on nothing', ['\x7f\x7fa\r'], 'a'],
  ['^U, which takes the line', ['wrong\x15right\r'], 'right'],
  ['cursor and function keys, which do nothing', ['a\x1b[D\x1b[3~\x1bOPb\x1b[1;5Cc\r'], 'abc'],
  ['a cursor key in two pieces', ['a\x1b[', '1;5', 'Db\r'], 'ab'],
  ['the Escape key alone', ['a\x1b', 'b\r'], 'ab'],
  ['the marks around pasted text', ['\x1b[200~pasted\x1b[201~\r'], 'pasted'],
  ['a tab and other controls, which do nothing', ['a\t\x01\x0bb\r'], 'ab'],
  ['^D after text, which does nothing', ['a\x04b\r'], 'ab'],
  ['a character in two pieces', [Buffer.from([0x61, 0xc3]), Buffer.from([0xa9, 0x0d])], 'aé'],
];

for (const [title, keys, secret] of cases) {
  test(`prompt: ${title}`, async (t) => {
    t.is(await askSecret('Password: ', terminal(...keys)), secret);
  });
}

test('prompt: shows the question and a line end, never a key, and gives the terminal back', async (t) => {
  const { output, modes, ...rest } = terminal('secret\r');
  await askSecret('Password: ', { ...rest, output });
  output.end();
  t.is(await text(output), 'Password: \n');
  t.deepEqual(modes, [true, false]);
});

for (const keys of ['abc\x03', '\x03', '\x04']) {
  test(`prompt: ${JSON.stringify(keys)} interrupts, and gives the terminal back`, async (t) => {
    const shown = terminal(keys);
    await t.throwsAsync(askSecret('Password: ', shown), { instanceOf: InterruptedError });
    t.deepEqual(shown.modes, [true, false]);
  });
}

test('prompt: a terminal that is closed interrupts', async (t) => {
  const shown = terminal('abc');
  shown.input.end();
  await t.throwsAsync(askSecret('Password: ', shown), { instanceOf: InterruptedError });
});

test('prompt: what was pasted beyond the line answers the next question', async (t) => {
  const shown = terminal('first\r\nsecond\rthird');
  t.is(await askSecret('1: ', shown), 'first');
  t.is(await askSecret('2: ', shown), 'second');
});

test('prompt: a line without end stays bounded', async (t) => {
  t.is((await askSecret('1: ', terminal('x'.repeat(100_000), '\r'))).length, 4096);
});

/*
 * What was wrong: a login whose server hung up while the password was asked for said so, and then stood there without echo
 * until somebody pressed Enter.
 * How it was reached: a person who takes longer than the server's login grace time.
 * What this verifies: the question is taken back when the connection is gone, and the terminal given back.
 */
test('prompt: a question is taken back when its connection is gone', async (t) => {
  const { private: hostKey } = makeKeyPair('ed25519');
  const peers: ssh2.Connection[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
    peers.push(peer.on('error', () => {}).on('authentication', (context) => context.reject(['password'])));
  });
  server.listen(0, '127.0.0.1');
  await once((server as unknown as { _srv: NodeJS.EventEmitter })._srv, 'listening');
  t.teardown(() => server.close());
  const folder = await temporaryFolder(t);
  const shown = terminal();
  let isAsking = false;
  const asking: Asking = {
    yesOrNo: async () => true,
    secret: (question, signal) => {
      isAsking = true;
      return askSecret(question, shown, signal);
    },
  };
  const { port } = server.address() as AddressInfo;
  const flags = {
    port,
    identities: [],
    passwordFile: undefined,
    acceptNew: true,
    knownHosts: join(folder, 'known_hosts'),
    timeoutMs: 20_000,
  };
  const { signal } = new AbortController();
  const opening = openClient({ user: 'alice', host: '127.0.0.1', port }, flags, { environment: {}, asking, signal });
  await until(() => isAsking);
  for (const peer of peers) peer.end();
  await t.throwsAsync(opening, { instanceOf: ConnectionError });
  await until(() => shown.modes.at(-1) === false);
  t.deepEqual(shown.modes, [true, false]);
  t.is(shown.input.listenerCount('data'), 0);
});
