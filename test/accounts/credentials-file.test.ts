import test from 'ava';
import fc from 'fast-check';
import { parseCredentials } from '../../src/accounts/credentials-file.ts';
import { transparentHash } from './fixtures.ts';

const parse = (text: string | Uint8Array) => parseCredentials(typeof text === 'string' ? Buffer.from(text) : text);

const secrets = (text: string) =>
  parse(text).accounts.map(({ user, secret, hash }) => [user, secret, hash?.scheme ?? 'plain']);

test('credentials: one user:secret a line', (t) => {
  t.deepEqual(parse('user1:password1\nuser2:password2\n'), {
    accounts: [
      { user: 'user1', secret: 'password1', hash: undefined, locked: false, line: 1 },
      { user: 'user2', secret: 'password2', hash: undefined, locked: false, line: 2 },
    ],
    problems: [],
    warnings: [],
  });
});

test('credentials: comments and blank lines are skipped, and count as lines', (t) => {
  const { accounts, problems } = parse('# users\n\n   \n  # indented: not a user\nalice:a\n');
  t.deepEqual(problems, []);
  t.deepEqual(
    accounts.map(({ user, line }) => [user, line]),
    [['alice', 5]],
  );
});

test('credentials: the secret starts after the first colon and is kept as it stands', (t) => {
  t.deepEqual(secrets('alice:a:b: c # d \nbob: e\n'), [
    ['alice', 'a:b: c # d ', 'plain'],
    ['bob', ' e', 'plain'],
  ]);
});

test('credentials: byte order mark, CR LF and a missing last line end are taken', (t) => {
  t.deepEqual(secrets('\ufeffalice:a\r\nbob:b\r\ncarol:c'), [
    ['alice', 'a', 'plain'],
    ['bob', 'b', 'plain'],
    ['carol', 'c', 'plain'],
  ]);
});

test('credentials: an empty file has no users and no problems', (t) => {
  t.deepEqual(parse(''), { accounts: [], problems: [], warnings: [] });
});

test('credentials: PHC strings of scrypt and argon2id are hashes, all else is a plain password', (t) => {
  const scrypt = '$scrypt$ln=15,r=8,p=3$c29tZXNhbHRzb21l$c29tZWtleXNvbWVrZXlzb21l';
  t.deepEqual(secrets(`a:${transparentHash('x')}\nb:${scrypt}\nc:$scrypt\nd:$money$\n`), [
    ['a', transparentHash('x'), 'argon2id'],
    ['b', scrypt, 'scrypt'],
    ['c', '$scrypt', 'plain'],
    ['d', '$money$', 'plain'],
  ]);
});

test('credentials: every problem is named at once, with its line', (t) => {
  const { accounts, problems } = parse(
    Buffer.concat([
      Buffer.from('alice:a\nno colon here\n.hidden:x\nalice:b\nAlice:c\nbob:\n'),
      Buffer.from([0x63, 0x3a, 0xff, 0x0a]),
      Buffer.from(`dave:$scrypt$ln=15\nerin:$argon2id$v=19$m=104857600,t=2,p=1$c29tZXNhbHQ$c29tZWtleXNvbWVrZXk\n`),
      Buffer.from(`frank:${'x'.repeat(1025)}\n`),
    ]),
  );
  t.deepEqual(
    accounts.map(({ user }) => user),
    ['alice'],
  );
  const expected: [number, RegExp][] = [
    [2, /no colon/],
    [3, /name is not allowed.*1 to 64/],
    [4, /alice stands already on line 1/],
    [5, /Alice differs only in case from alice on line 1/],
    [6, /secret of bob is empty/],
    [7, /not UTF-8/],
    [8, /secret of dave: this begins like a hash/],
    [9, /secret of erin: the hash asks for 102400 MiB/],
    [10, /secret of frank is longer than 1024 bytes/],
  ];
  t.deepEqual(
    problems.map(({ line }) => line),
    expected.map(([line]) => line),
  );
  for (const [at, [, text]] of expected.entries()) t.regex(problems[at]?.text ?? '', text);
});

for (const name of [
  '.',
  '..',
  '.a',
  '-a',
  'a/b',
  'a\\b',
  'a b',
  ' a',
  'a ',
  'a\0',
  'ä',
  'a\u202e',
  'x'.repeat(65),
  '',
]) {
  test(`credentials: the user name ${JSON.stringify(name.slice(0, 10))} (${name.length}) is refused`, (t) => {
    const { accounts, problems } = parse(`${name}:secret\n`);
    t.is(accounts.length, 0);
    t.regex(problems[0]?.text ?? '', /name is not allowed/);
  });
}

for (const name of ['a', 'A1', '_x', '@x', 'a.b-c_d@e.f', '__proto__', 'constructor', '0', 'x'.repeat(64)]) {
  test(`credentials: the user name ${name.slice(0, 12)} (${name.length}) is taken`, (t) => {
    t.deepEqual(secrets(`${name}:s`), [[name, 's', 'plain']]);
  });
}

test('credentials: a file in UTF-16 is told so', (t) => {
  const { problems } = parse(Buffer.from('\ufeffalice:a\n', 'utf16le'));
  t.regex(problems[0]?.text ?? '', /UTF-16/);
});

test('credentials: a hash of another program is a password, with a warning', (t) => {
  const { accounts, warnings } = parse('alice:$2b$12$abcdefghijklmnopqrstuv\nbob:$argon2i$v=19$m=16,t=2,p=1$c2$aa\n');
  t.deepEqual(
    accounts.map(({ hash }) => hash),
    [undefined, undefined],
  );
  t.deepEqual(
    warnings.map(({ line }) => line),
    [1, 2],
  );
});

test('credentials: 10,000 users are read, each once', (t) => {
  const lines = Array.from({ length: 10_000 }, (_, at) => `user${at}:${transparentHash(`p${at}`)}`);
  const { accounts, problems } = parse(lines.join('\n'));
  t.is(accounts.length, 10_000);
  t.is(problems.length, 0);
  t.is(accounts[9_999]?.line, 10_000);
});

test('credentials: no bytes make the parser fail, and each line is an account, a problem or nothing', (t) => {
  const piece = fc.oneof(
    fc.constantFrom('\n', '\r\n', ':', '#', 'alice', '$scrypt$', '$argon2id$', 'ln=15,r=8,p=1$', '\ufeff', 'secret'),
    fc.string(),
  );
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => new Uint8Array(Buffer.from(pieces.join('')))),
  );
  t.notThrows(() =>
    fc.assert(
      fc.property(content, (bytes) => {
        const { accounts, problems } = parseCredentials(bytes);
        const lines = [...accounts, ...problems].map(({ line }) => line);
        return new Set(lines).size === lines.length && lines.every((line) => line >= 1 && line <= bytes.length);
      }),
    ),
  );
});

test('credentials: no problem or warning shows a secret', (t) => {
  const marked = fc
    .array(fc.constantFrom('', 'SECRET', ':', '$scrypt$', '$argon2id$v=19$m=', '\n', 'bob', '$2b$', ' '), {
      maxLength: 30,
    })
    .map((pieces) => pieces.join(''));
  t.notThrows(() =>
    fc.assert(
      fc.property(marked, (text) => {
        const { problems, warnings } = parseCredentials(Buffer.from(text));
        // A name that follows the rule is shown: what is looked for may stand only where no name can be.
        const shown = [...problems, ...warnings].map((remark) => remark.text).join('\n');
        return !shown.includes('SECRET') || /(^|\n)[A-Za-z]*SECRET[A-Za-z]*:/.test(text);
      }),
    ),
  );
});

test('credentials: a ! after the colon locks the user, with or without something behind it', (t) => {
  const hash = transparentHash('x');
  const { accounts, problems } = parseCredentials(Buffer.from(`alice:!secret\nbob:!\ncarol:!${hash}\ndave:!!\n`));
  t.deepEqual(problems, []);
  t.deepEqual(
    accounts.map(({ user, secret, locked, hash: read }) => [user, secret, locked, read === undefined]),
    [
      ['alice', 'secret', true, true],
      ['bob', '', true, true],
      ['carol', hash, true, false],
      ['dave', '!', true, true],
    ],
  );
});
