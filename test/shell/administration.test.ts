// The verbs of administration as commands of the shell: words, questions, and what is printed. What verbs do is tested in
// test/administration/.

import test from 'ava';
import { VERBS } from '../../src/administration/table.ts';
import { AccountError } from '../../src/model/account.ts';
import {
  type Administration,
  AdministrationError,
  type VerbCall,
  VerbUsageError,
} from '../../src/model/administration.ts';
import { createHome, openTerminal, run } from './fixtures.ts';

interface Ran {
  readonly name: string;
  readonly call: VerbCall;
  readonly password?: string;
}

/** Takes every verb down, asks for what it asks for, and answers with two rows. */
function recorder({ isAllowed = true } = {}): Administration & { readonly ran: Ran[] } {
  const ran: Ran[] = [];
  return {
    ran,
    verbs: VERBS,
    isAllowed: () => isAllowed,
    run: async (name, call = {}) => {
      const check = (password: string): void => {
        if (password === 'weak') throw new AccountError('the password is weak');
      };
      const password = await (name === 'user add' ? call.password?.({ user: 'bob', check }) : undefined);
      const key = await (name === 'user key add' ? call.publicKey?.() : undefined);
      const { operands, options } = call;
      ran.push({
        name,
        call: { operands: operands ?? [], options: options ?? {} },
        ...((password ?? key) && { password: password ?? key ?? '' }),
      });
      if (operands?.includes('refuse')) throw new AdministrationError('refused:\nfor \x1b[1m reasons');
      if (operands?.includes('misuse')) throw new VerbUsageError('not so');
      return { rows: [{ a: 1 }, { a: '\x1b\u0085é' }], lines: ['one', 'two'], remarks: ['by the way'] };
    },
  };
}

const home = createHome();

test('shell verbs: words are read as operands and options, wherever they stand', async (t) => {
  const administration = recorder();
  const result = await run({ home, administration }, "ban add --for 2h 192.0.2.1 --reason='a b'");
  t.deepEqual(administration.ran, [
    { name: 'ban add', call: { operands: ['192.0.2.1'], options: { for: '2h', reason: 'a b' } } },
  ]);
  t.is(result.text, 'one\ntwo\n');
  t.is(result.stderr, 'by the way\n');
  t.is(result.status, 0);
});

test('shell verbs: the longest name is meant, patterns are no patterns, and -- ends the options', async (t) => {
  const administration = recorder();
  await run({ home, administration }, 'user key list bob');
  await run({ home, administration }, 'user set * quota=5G');
  await run({ home, administration }, 'group add -- --team');
  t.deepEqual(
    administration.ran.map(({ name, call }) => [name, call.operands]),
    [
      ['user key list', ['bob']],
      ['user set', ['*', 'quota=5G']],
      ['group add', ['--team']],
    ],
  );
});

test('shell verbs: --json prints an object a line, safe to be shown', async (t) => {
  const { text } = await run({ home, administration: recorder() }, 'user list --json');
  t.is(text, '{"a":1}\n{"a":"\\u001b\\u0085é"}\n');
});

test('shell verbs: what was refused and what was misused have their statuses, and no control characters', async (t) => {
  const refused = await run({ home, administration: recorder() }, 'user lock refuse');
  t.is(refused.stderr, 'user: refused:\nfor \\x1b[1m reasons\n');
  t.is(refused.status, 1);
  const misused = await run({ home, administration: recorder() }, 'user lock misuse');
  t.deepEqual([misused.stderr, misused.status], ['user: not so\n', 2]);
});

for (const [title, line, message] of [
  ['no verb', 'user', /^user: which\? add, passwd, .*\nusage: user add \| /],
  ['an unknown verb', 'user dance', /^user: which\?/],
  ['half a verb', 'user key', /^user: which, after "user key"\? add, list, remove\n/],
  // Told once that `totp` was among those that there are, to somebody who had typed it: only its own words help.
  ['a verb that is not here', 'user totp enable bob', /^user: which, after "user totp"\? status, disable, recovery\n/],
  ['a word too many', 'user lock a b', /^user: too many operands\nusage: user lock \[--json\] NAME$/m],
  ['a word too few', 'user lock', /^user: NAME is missing/],
  ['an unknown option', 'user lock --hard bob', /^user: unknown option --hard/],
  ['a password among the words', 'user add bob secret', /^user: too many operands/],
] as const) {
  test(`shell verbs: ${title} is a wrong call, and nothing is run`, async (t) => {
    const administration = recorder();
    const { status, stderr } = await run({ home, administration }, line);
    t.is(status, 2);
    t.regex(stderr, message);
    t.deepEqual(administration.ran, []);
  });
}

test('shell verbs: a password comes from the input when that is said, and is else asked for at a terminal alone', async (t) => {
  const administration = recorder();
  const { status, stderr } = await run({ home, administration }, 'user add bob', 'secret\n');
  t.is(status, 1);
  t.regex(stderr, /no terminal.*ssh -t.*--password-stdin/);
  t.is((await run({ home, administration }, 'user add bob --password-stdin', 'from the input\r\nmore\n')).status, 0);
  t.like(administration.ran, [{ password: 'from the input' }]);
  t.regex((await run({ home, administration }, 'user add bob --password-stdin', '')).stderr, /no password was given/);
  t.regex((await run({ home, administration }, 'user add bob --password-stdin', 'weak\n')).stderr, /is weak/);
});

test('shell verbs: at a terminal the password is asked twice, and never shown', async (t) => {
  const administration = recorder();
  const terminal = openTerminal(t, { home, administration }, { command: 'user add bob' });
  await terminal.shows('New password for bob:');
  terminal.type('sécret\r');
  await terminal.shows('The same again:');
  terminal.type('sécret\r');
  t.is(await terminal.status, 0);
  t.notRegex(terminal.sent(), /cret/);
  t.like(administration.ran, [{ name: 'user add', password: 'sécret' }]);
});

test('shell verbs: two different passwords, a weak one, and ^C change nothing', async (t) => {
  const administration = recorder();
  const differing = openTerminal(t, { home, administration }, { command: 'user add bob' });
  await differing.shows('New password');
  differing.type('one\r');
  await differing.shows('again');
  differing.type('two\r');
  t.is(await differing.status, 1);
  t.regex(differing.screen.text(), /the two passwords differ/);
  const weak = openTerminal(t, { home, administration }, { command: 'user add bob' });
  await weak.shows('New password');
  weak.type('weak\r');
  t.is(await weak.status, 1);
  t.regex(weak.screen.text(), /is weak/);
  const interrupted = openTerminal(t, { home, administration }, { command: 'user add bob' });
  await interrupted.shows('New password');
  interrupted.type('half\x03');
  t.is(await interrupted.status, 130);
  t.deepEqual(administration.ran, []);
});

test('shell verbs: a public key is the words behind the name, or a line of the input', async (t) => {
  const administration = recorder();
  await run({ home, administration }, 'user key add bob ssh-ed25519 AAAA bob@laptop');
  await run({ home, administration }, 'user key add bob', 'ssh-ed25519 BBBB\n');
  t.like(administration.ran, [
    { call: { operands: ['bob'] }, password: 'ssh-ed25519 AAAA bob@laptop' },
    { call: { operands: ['bob'] }, password: 'ssh-ed25519 BBBB' },
  ]);
  t.regex((await run({ home, administration }, 'user key add bob', '')).stderr, /no key was given/);
});

test('shell verbs: help and Tab show them to administrators, and to nobody else', async (t) => {
  const { text } = await run({ home, administration: recorder() }, 'help');
  t.regex(text, /^ {2}user +add, change and remove/m);
  const help = await run({ home, administration: recorder() }, 'help user');
  for (const { name, summary } of VERBS.filter((verb) => verb.name.startsWith('user '))) {
    t.true(help.text.includes(`  ${name} `) || help.text.includes(`  ${name}\n`), name);
    t.true(help.text.replace(/\s+/g, ' ').includes(summary), summary);
  }
  const others = await run({ home, administration: recorder({ isAllowed: false }) }, 'help');
  t.notRegex(others.text, /^ {2}user /m);
  t.regex((await run({ home, administration: recorder({ isAllowed: false }) }, 'help user')).stderr, /no command user/);

  const terminal = openTerminal(t, { home, administration: recorder() });
  await terminal.shows('alice@sshome');
  terminal.type('session ki\t');
  await terminal.shows('session kill');
  const other = openTerminal(t, { home, administration: recorder({ isAllowed: false }) });
  await other.shows('alice@sshome');
  other.type('sessio\t');
  await other.shows('sessions');
});
