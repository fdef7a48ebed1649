import { createHash, randomBytes } from 'node:crypto';
import test from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { createAccount, createHome, type Home, run } from './fixtures.ts';

async function filled(): Promise<Home> {
  const home = createHome();
  await home.write('a.txt', 'alpha\n');
  await home.write('b.txt', 'beta\n');
  await home.write('.hidden', '');
  await home.write('sub/c.txt', 'gamma\n');
  await home.write('sub/deep/d.bin', Buffer.of(0, 1, 2, 255));
  return home;
}

/** A line, and what it answers: exit status, output, and a part of the error output. */
for (const [line, status, text, problem] of [
  ['list', 0, 'a.txt\nb.txt\nsub\n', ''],
  ['ls -a', 0, '.hidden\na.txt\nb.txt\nsub\n', ''],
  ['ls -r', 0, 'sub\nb.txt\na.txt\n', ''],
  ['ls sub', 0, 'c.txt\ndeep\n', ''],
  ['ls a.txt sub', 0, 'a.txt\n\nsub:\nc.txt\ndeep\n', ''],
  ['ls -d sub', 0, 'sub\n', ''],
  ['ls *.txt', 0, 'a.txt\nb.txt\n', ''],
  ['ls nope a.txt', 1, 'a.txt\n', 'ls: nope: No such file or directory\n'],
  ['ls --frob', 2, '', 'ls: unknown option --frob\nusage: list '],
  ['ls -lz', 2, '', 'unknown option -z'],
  ['preview a.txt', 0, 'alpha\n', ''],
  ['head -n 3 a.txt', 0, 'alp', ''],
  ['head -n3 a.txt', 0, 'alp', ''],
  ['head --bytes=0 a.txt', 0, '', ''],
  ['head -n x a.txt', 2, '', '"x" is no count'],
  ['preview', 2, '', 'FILE is missing'],
  ['preview sub', 1, '', 'preview: sub: Is a directory'],
  ['cat a.txt b.txt', 0, 'alpha\nbeta\n', ''],
  ['cat a.txt nope b.txt', 1, 'alpha\nbeta\n', 'cat: nope: No such file'],
  ['download a.txt', 0, 'alpha\n', ''],
  ['pwd', 0, '/\n', ''],
  ['cd nope', 1, '', 'cd: nope: No such file'],
  ['cd a.txt', 1, '', 'cd: a.txt: Not a directory'],
  ['whoami', 0, 'alice\n', ''],
  ['echo -n "a  b" *.none', 0, '-n a  b *.none\n', ''],
  ['find', 0, '.\n./.hidden\n./a.txt\n./b.txt\n./sub\n./sub/c.txt\n./sub/deep\n./sub/deep/d.bin\n', ''],
  ["find sub -name '*.txt'", 0, 'sub/c.txt\n', ''],
  ['find -type d', 0, '.\n./sub\n./sub/deep\n', ''],
  ['find -maxdepth 1 -iname "A*"', 0, './a.txt\n', ''],
  ['find -type x', 2, '', '"x" is no kind'],
  ['find nope', 1, '', 'find: nope: No such file'],
  ['du -s -b', 0, '21\t.\n', ''],
  ['du sub', 0, '1\tsub/deep\n1\tsub\n', ''],
  [
    'tree',
    0,
    '.\n├── a.txt\n├── b.txt\n└── sub\n    ├── c.txt\n    └── deep\n        └── d.bin\n\n2 folders, 4 files\n',
    '',
  ],
  ['tree -d -L 1', 0, '.\n└── sub\n\n1 folder\n', ''],
  ['exit 3', 3, '', ''],
  ['quit', 0, '', ''],
  ['rmdir sub', 1, '', 'rmdir: sub: Directory not empty'],
  ['rm sub', 1, '', 'rm: sub: Is a directory: use -r'],
  ['rm -r /', 1, '', 'this is the home'],
  ['rm nope', 1, '', 'rm: nope: No such file'],
  ['rm -f nope', 0, '', ''],
  ['mkdir a.txt', 1, '', 'mkdir: a.txt: File exists'],
  ['mkdir -p a.txt/x', 1, '', 'mkdir: '],
  ['mv a.txt', 2, '', 'SOURCE... is missing'],
  ['mv a.txt b.txt nope', 1, '', 'Not a directory'],
  ['mv sub sub/deep', 1, '', 'into itself'],
  ['cp sub x', 1, '', 'use -r'],
  ['cp a.txt a.txt', 1, '', 'same file'],
  ['cp -r sub sub/deep', 1, '', 'into itself'],
  ['ls | cat', 2, '', 'not a system shell'],
  ["ls 'a", 2, '', 'is not closed'],
  ['lst', 127, '', 'lst: unknown command. Did you mean "list"? "help" lists'],
  ['downlaod x', 127, '', 'Did you mean "download"?'],
  ['xyzzy-plugh', 127, '', '"help" lists the commands'],
  ['id', 127, '', 'unknown command'],
  ['rsync --server -vlogDtpre.iLsfxCIvu . x', 127, '', 'rclone'],
  ['borg serve', 127, '', 'rclone'],
  ['/usr/lib/openssh/sftp-server', 127, '', 'subsystem'],
  ["git-upload-pack 'repo.git'", 127, '', 'sftp'],
  ['bash -c ls', 127, '', 'not a system shell'],
  ['help nope', 1, '', 'there is no command nope'],
  ['', 0, '', ''],
] as const) {
  test(`command: ${line}`, async (t) => {
    const result = await run({ home: await filled() }, line);
    t.is(result.text, text);
    t.is(result.status, status, result.stderr);
    t.true(problem === '' ? result.stderr === '' : result.stderr.includes(problem), result.stderr);
  });
}

/** A line that changes the home, and what is in it then. */
for (const [line, expected] of [
  ['rm a.txt', ['.hidden', 'b.txt', 'sub']],
  ['rm *.txt', ['.hidden', 'sub']],
  ['delete -r sub', ['.hidden', 'a.txt', 'b.txt']],
  ['rm -rf sub nope', ['.hidden', 'a.txt', 'b.txt']],
  ['mkdir -p x/y/z x/y', ['.hidden', 'a.txt', 'b.txt', 'sub', 'x']],
  ['mkdir "c d"', ['.hidden', 'a.txt', 'b.txt', 'c d', 'sub']],
  ['mv a.txt z', ['.hidden', 'b.txt', 'sub', 'z']],
  ['mv a.txt b.txt', ['.hidden', 'b.txt', 'sub']],
  ['mv a.txt b.txt sub', ['.hidden', 'sub']],
  ['mv sub/c.txt .', ['.hidden', 'a.txt', 'b.txt', 'c.txt', 'sub']],
  ['mv sub new/', ['.hidden', 'a.txt', 'b.txt', 'new']],
  ['cp a.txt z', ['.hidden', 'a.txt', 'b.txt', 'sub', 'z']],
  ['cp -r sub z', ['.hidden', 'a.txt', 'b.txt', 'sub', 'z']],
  ["rm -- '-x'", ['.hidden', 'a.txt', 'b.txt', 'sub']],
] as const) {
  test(`command: changes the home: ${line}`, async (t) => {
    const home = await filled();
    await run({ home }, line);
    t.deepEqual(await home.names('/'), [...expected]);
  });
}

test('copy: takes contents, folders, links and replaces files', async (t) => {
  const home = await filled();
  await home.files.makeLink(parsePath('sub/link'), 'c.txt');
  t.is((await run({ home }, 'cp -r sub copy')).status, 0);
  t.deepEqual(await home.read('copy/deep/d.bin'), Buffer.of(0, 1, 2, 255));
  t.is(await home.files.readLink(parsePath('copy/link')), 'c.txt');
  t.is((await run({ home }, 'cp a.txt b.txt')).status, 0);
  t.is((await home.read('b.txt')).toString(), 'alpha\n');
});

test('delete: a link is removed itself, never what it leads to', async (t) => {
  const home = await filled();
  await home.files.makeDirectory(parsePath('x'));
  await home.files.makeLink(parsePath('x/link'), '/sub');
  t.is((await run({ home }, 'rm -r x')).status, 0);
  t.deepEqual(await home.names('sub'), ['c.txt', 'deep']);
});

for (const sizeBytes of [0, 1, 1024, 32_767, 32_769, 262_144, 1_000_003]) {
  test(`upload, download: ${sizeBytes} bytes arrive as they were`, async (t) => {
    const home = createHome();
    const content = randomBytes(sizeBytes);
    t.is((await run({ home }, 'upload "a b.bin"', content)).status, 0);
    t.deepEqual(await home.read('a b.bin'), content);
    const back = await run({ home }, "download 'a b.bin'");
    t.is(back.status, 0);
    t.true(back.stdout.equals(content));
    const beginning = await run({ home }, "preview 'a b.bin'");
    t.true(beginning.stdout.equals(content.subarray(0, 1024)));
  });
}

test('upload: replaces a longer file', async (t) => {
  const home = await filled();
  t.is((await run({ home }, 'upload a.txt', 'x')).status, 0);
  t.is((await home.read('a.txt')).toString(), 'x');
});

for (const [name, algorithm] of [
  ['sha256sum', 'sha256'],
  ['sha1sum', 'sha1'],
  ['md5sum', 'md5'],
] as const) {
  const sum = (content: string): string => createHash(algorithm).update(content).digest('hex');
  test(`${name}: in the form of coreutils, which rclone reads`, async (t) => {
    const home = await filled();
    await home.write('back\\slash', 'x');
    t.is((await run({ home }, `${name} a.txt b.txt`)).text, `${sum('alpha\n')}  a.txt\n${sum('beta\n')}  b.txt\n`);
    t.is((await run({ home }, name)).text, `${sum('')}  -\n`);
    t.is((await run({ home }, name, 'piped')).text, `${sum('piped')}  -\n`);
    t.is((await run({ home }, `${name} back\\\\slash`)).text, `\\${sum('x')}  back\\\\slash\n`);
    t.is((await run({ home }, `${name} sub a.txt`)).status, 1);
  });
}

test('df: its second line has the fields that rclone reads', async (t) => {
  const { text, status } = await run({ home: createHome() }, 'df -k /');
  t.is(status, 0);
  const fields = text.split('\n')[1]?.split(/\s+/) ?? [];
  t.is(fields.length, 6);
  t.true(fields.slice(1, 4).every((field) => /^\d+$/.test(field)));
  t.is(Number(fields[1]), 65_536);
});

test('list -l: mode, links, owner, size, time, name', async (t) => {
  const home = await filled();
  await home.files.makeLink(parsePath('link'), 'a.txt');
  const times = { accessedMs: 0, modifiedMs: Date.UTC(2001, 1, 3, 12) };
  await home.files.setAttributes(parsePath('a.txt'), { times, mode: 0o640 });
  const lines = (await run({ home }, 'ls -l')).text.split('\n');
  t.regex(lines[0] ?? '', /^-rw-r----- +1 alice +6 Feb {2}3 {2}2001 a\.txt$/);
  t.regex(lines[2] ?? '', /^lrwxrwxrwx .* link -> a\.txt$/);
  t.regex(lines[3] ?? '', /^d.* sub$/);
});

test('stat: shows what is known', async (t) => {
  const { text } = await run({ home: await filled() }, 'stat a.txt');
  t.regex(text, /Path: a\.txt\n.*Kind: file\n.*Size: 6 bytes\n.*Mode: 0\d{3} -rw/);
});

test('names: come as their own bytes in a pipe, and errors never carry control characters', async (t) => {
  const home = createHome();
  await home.write('\udcff\x1b[31m', '');
  t.deepEqual((await run({ home }, 'ls')).stdout, Buffer.from([0xff, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a]));
  const { stderr } = await run({ home }, "rm 'no\x1b[31m\u202e'");
  t.true(stderr.includes('no\\x1b[31m\\u{202e}: No such file'));
});

test('passwd: reads three lines, and says what is wrong', async (t) => {
  const account = createAccount();
  const home = createHome();
  t.is((await run({ home, account }, 'passwd', 'old\nnew one\nnew one\n')).status, 0);
  t.deepEqual(account.calls, ['password new one']);
  for (const [input, problem] of [
    ['bad\nnew\nnew\n', 'the current password is wrong'],
    ['old\nnew\nother\n', 'not the same'],
    ['old\n', 'nothing was changed'],
  ] as const) {
    const { status, stderr } = await run({ home, account }, 'passwd', input);
    t.is(status, 1);
    t.true(stderr.includes(problem), stderr);
  }
  t.is(account.calls.length, 1);
});

test('totp: is made once a code of it was given, renewed and taken away by codes', async (t) => {
  const account = createAccount();
  const parts = { home: createHome(), account };
  t.regex((await run(parts, 'totp')).text, /no second factor/);
  const wrong = await run(parts, 'totp enable', '000000\n');
  t.is(wrong.status, 1);
  // Recovery codes are for who has the second factor in force.
  t.false(wrong.text.includes('AAAA-BBBB'));
  t.is((await run(parts, 'totp enable', '')).status, 1);
  t.deepEqual(account.calls, []);
  const { text, status } = await run(parts, 'totp enable', '123456\n');
  t.is(status, 0);
  for (const shown of ['█▀▄\n▀ █\n', 'SECRET7', 'otpauth://totp/', 'AAAA-BBBB-CCCC-DDDD'])
    t.true(text.includes(shown), shown);
  t.regex((await run(parts, 'totp status')).text, /since 1970-01-01.*\n2 recovery codes are left/);
  t.regex((await run(parts, 'totp recovery', '123456\n')).text, /IIII-JJJJ/);
  t.is((await run(parts, 'totp disable', '1\n')).status, 1);
  t.is((await run(parts, 'totp disable', '123456\n')).status, 0);
  t.is((await run(parts, 'totp frob')).status, 2);
  t.deepEqual(account.calls, ['second factor enabled', 'recovery codes renewed', 'second factor disabled']);
});

test('keys: are listed, added by operand and by input, and removed', async (t) => {
  const parts = { home: createHome(), account: createAccount() };
  t.is((await run(parts, 'keys add ssh-ed25519 AAAA me@here')).text, 'added SHA256:0 ssh-ed25519 me@here\n');
  t.is((await run(parts, 'keys add', '# mine\nssh-rsa BBBB two\n\n')).text, 'added SHA256:1 ssh-rsa two\n');
  t.is((await run(parts, 'keys')).text, 'SHA256:0 ssh-ed25519 me@here\nSHA256:1 ssh-rsa two\n');
  t.is((await run(parts, 'keys remove SHA256:0')).text, 'removed SHA256:0 ssh-ed25519 me@here\n');
  t.is((await run(parts, 'keys remove SHA256:7')).status, 1);
  t.is((await run(parts, 'keys add', '')).status, 1);
  t.is((await run(parts, 'keys frob')).status, 2);
  t.is((await run(parts, 'keys add', Buffer.alloc(100_000, 'x'))).status, 1);
});

test('sessions: shows the own ones and marks this one', async (t) => {
  const { text } = await run({ home: createHome() }, 'sessions');
  t.regex(text, /^\* c0ffee {2}192\.0\.2\.7 {2}since 1970-01-01 00:00:00 UTC {2}10 in, 2\.0K out {2}Test_1\.0\n$/);
});

test('report: what nobody foresaw is logged whole, and the user gets its id alone', async (t) => {
  const log = createTestLog();
  const home = createHome();
  const failing = {
    ...home,
    files: { ...home.files, list: () => Promise.reject(new Error('/srv/secret/path broke')) },
  };
  const { status, stderr } = await run({ home: failing, log }, 'ls');
  t.is(status, 70);
  t.is(stderr, 'ls: Internal error (e1)\n');
  t.is(log.unforeseen.length, 1);
});
