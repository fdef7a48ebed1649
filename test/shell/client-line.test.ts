import { createHash } from 'node:crypto';
import test from 'ava';
import { readClientLine } from '../../src/shell/client-line.ts';
import { createHome, run, runScript } from './fixtures.ts';

// What clients send to find out what they have in front of them, word for word as their sources make it.

const EMPTY = { md5: 'd41d8cd98f00b204e9800998ecf8427e', sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** rclone 1.60 to 1.70, backend/sftp: a line, its exit status and output. */
for (const [line, status, text] of [
  // NewFs: neither PowerShell nor cmd.exe.
  ['echo $'.concat('{ShellId}%ComSpec%'), 0, '$'.concat('{ShellId}%ComSpec%\n')],
  // Hashes: of no input at all.
  ['md5sum', 0, `${EMPTY.md5}  -\n`],
  ['sha1sum', 0, `${EMPTY.sha1}  -\n`],
  ['xxh128sum', 127, ''],
  ['rclone hashsum blake3', 127, ''],
  // Object.Hash: quoteOrEscapeShellPath puts a backslash before all but letters, digits and _.,:/@-, and a line break in quotes.
  ['sha256sum /with\\ blank\\ \\$\\(x\\)\\;\\&\\|\\>\\*', 0, `${sha256('1')}  /with blank $(x);&|>*\n`],
  ["sha256sum /line'\n'break", 0, `\\${sha256('2')}  /line\\nbreak\n`],
  ['sha256sum /h\u00e9', 0, `${sha256('3')}  /h\u00e9\n`],
] as const) {
  test(`rclone's ${JSON.stringify(line)} is answered as it reads it`, async (t) => {
    const home = createHome();
    await home.write('with blank $(x);&|>*', '1');
    await home.write('line\nbreak', '2');
    await home.write('h\u00e9', '3');
    const result = await run({ home }, line);
    t.deepEqual([result.status, result.stdout.toString()], [status, text]);
  });
}

test("rclone's df -k has its numbers in the second line, as many as it wants", async (t) => {
  const { status, stdout } = await run({ home: createHome() }, 'df -k /');
  const fields = stdout.toString().split('\n')[1]?.split(/\s+/) ?? [];
  t.is(status, 0);
  t.true(fields.length >= 6);
  for (const field of fields.slice(1, 4)) t.regex(field, /^\d+$/);
});

/** Ansible 2.9 to 2.18: plugins/action and plugins/shell, for `raw` with and without an executable. */
for (const [line, status, text] of [
  ['pwd', 0, '/\n'],
  ["/bin/sh -c 'pwd && sleep 0'", 0, '/\n'],
  ["/bin/sh -c 'echo ~ && sleep 0'", 0, '/\n'],
  ["/bin/sh -c 'sha256sum '\"'\"'a b'\"'\"' && sleep 0'", 0, `${sha256('x')}  a b\n`],
] as const) {
  test(`Ansible's ${line} is answered`, async (t) => {
    const home = createHome();
    await home.write('a b', 'x');
    const result = await run({ home }, line);
    t.deepEqual([result.status, result.stdout.toString()], [status, text]);
  });
}

for (const line of [
  '/bin/sh -c \'( umask 77 && mkdir -p "` echo ~/.ansible/tmp `"&& mkdir x ) && sleep 0\'',
  "/bin/sh -c 'rm -f -r /x > /dev/null 2>&1 && sleep 0'",
]) {
  test(`Ansible's ${line} needs a system shell, and is refused in one sentence`, async (t) => {
    const { status, stdout, stderr } = await run({ home: createHome() }, line);
    t.deepEqual([status, stdout.length], [2, 0]);
    t.regex(stderr.toString(), /^sshome: this is not a system shell: /);
  });
}

// WinSCP 6, ScpFileSystem.cpp: a shell without a terminal, and a mark behind each command's output.
test('WinSCP finds the end of each output and its status', async (t) => {
  const home = createHome();
  await home.write('a b', 'x');
  const { stdout } = await runScript(
    { home },
    [
      'echo "WinSCP: this is end-of-file:0"',
      'echo "$status" ; echo "WinSCP: this is end-of-file:0"',
      'echo "$?" ; echo "WinSCP: this is end-of-file:0"',
      'cd "none" ; echo "WinSCP: this is end-of-file:$?"',
      'pwd ; echo "WinSCP: this is end-of-file:$?"',
      'sha256sum "a b" ; echo "WinSCP: this is end-of-file:$?"',
      '',
    ].join('\n'),
  );
  t.is(
    stdout.toString(),
    [
      'WinSCP: this is end-of-file:0',
      '$status',
      'WinSCP: this is end-of-file:0',
      '0',
      'WinSCP: this is end-of-file:0',
      'WinSCP: this is end-of-file:1',
      '/',
      'WinSCP: this is end-of-file:0',
      `${sha256('x')}  a b`,
      'WinSCP: this is end-of-file:0',
      '',
    ].join('\n'),
  );
});

test('type says that a command is one, and shows a file of its name all the same', async (t) => {
  const home = createHome();
  const said = async (line: string): Promise<unknown[]> => {
    const { status, stdout } = await run({ home }, line);
    return [status, stdout.toString()];
  };
  t.deepEqual(await said('type sha256sum df'), [0, 'sha256sum is a command of sshome\ndf is a command of sshome\n']);
  t.deepEqual(await said('type nothing'), [1, '']);
  t.deepEqual(await said('cat df'), [1, '']);
  await home.write('df', 'content\n');
  t.deepEqual(await said('type df'), [0, 'content\n']);
});

test("a line that is nobody's form stays as it is", (t) => {
  for (const line of [
    'pwd',
    '',
    'sh',
    '/bin/sh -c pwd',
    "bash -c 'pwd && sleep 0'",
    'sh -c',
    'sh script',
    "sh -c 'a' 'b'",
    "echo 'open",
    'pwd ; echo "x$?"',
    'pwd; echo "WinSCP: this is end-of-file:$?"',
    'pwd ; echo "WinSCP: this is end-of-file:$HOME"',
  ]) {
    t.deepEqual(readClientLine(line, 3), { command: line, endMark: undefined });
  }
});
