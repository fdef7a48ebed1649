// The one-shot commands, as scripts run them: what they move, print, and end with.

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { clientProgram, reaching } from './client-program.ts';

test('upload and download: files, patterns and folders, silent without a terminal', async (t) => {
  const program = await clientProgram(t);
  const { run, here, home, alice } = program;
  const content = randomBytes(300_000);
  await mkdir(join(here, 'docs', 'deep'), { recursive: true });
  await writeFile(join(here, 'docs', 'a.txt'), 'a');
  await writeFile(join(here, 'docs', 'deep', 'b.bin'), content);
  await writeFile(join(here, 'c.txt'), 'c');

  t.deepEqual(await run(['upload', '-r', ...reaching(program), 'docs', '*.txt', `${alice}:`]), {
    status: 0,
    stdout: '',
    stderr: '',
  });
  t.deepEqual((await readdir(home)).sort(), ['c.txt', 'docs']);
  t.true(content.equals(await readFile(join(home, 'docs', 'deep', 'b.bin'))));

  await mkdir(join(here, 'back'));
  const words = ['download', '-r', ...reaching(program), `${alice}:*.txt`, `${alice}:docs`, 'back'];
  t.deepEqual(await run(words), { status: 0, stdout: '', stderr: '' });
  t.true(content.equals(await readFile(join(here, 'back', 'docs', 'deep', 'b.bin'))));
  t.is(await readFile(join(here, 'back', 'c.txt'), 'utf8'), 'c');
});

test('upload and download: standard input and output, byte by byte', async (t) => {
  const program = await clientProgram(t);
  const { run, home, alice } = program;
  const content = randomBytes(400_000);
  t.is((await run(['upload', ...reaching(program), '-', `${alice}:a`], { input: content })).status, 0);
  t.true(content.equals(await readFile(join(home, 'a'))));
  const down = await run(['download', ...reaching(program), `${alice}:a`, '-']);
  t.is(down.status, 0);
  t.true(content.equals(Buffer.from(down.stdout, 'latin1')));
});

test('upload and download: --json tells each thing in a line, and what failed', async (t) => {
  const program = await clientProgram(t);
  const { run, here, home, server } = program;
  await writeFile(join(here, 'a b'), 'content');
  const url = `sftp://alice@${server.host}:${server.port}`;
  const up = await run(['upload', '--json', ...reaching(program).slice(2), 'a b', 'missing', `${url}/`]);
  t.is(up.status, 1);
  t.deepEqual(
    up.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown),
    [
      { from: 'a b', to: '/a b', files: 1, bytes: 7, failures: 0 },
      { path: 'missing', error: { code: 'not-found', message: `${join(here, 'missing')}: No such file or directory` } },
    ],
  );
  t.is(await readFile(join(home, 'a b'), 'utf8'), 'content');
  const down = await run(['download', '--json', ...reaching(program).slice(2), `${url}/a%20b`, 'c']);
  t.deepEqual(
    [down.status, JSON.parse(down.stdout) as unknown],
    [0, { from: '/a b', to: join(here, 'c'), files: 1, bytes: 7, failures: 0 }],
  );
});

test('upload and download: --resume goes on where another one ended', async (t) => {
  const program = await clientProgram(t);
  const { run, here, home, alice } = program;
  const content = randomBytes(500_000);
  await writeFile(join(here, 'a'), content);
  await writeFile(join(home, 'a'), content.subarray(0, 200_000));
  const up = await run(['upload', '--resume', '--json', ...reaching(program), 'a', `${alice}:`]);
  t.is((JSON.parse(up.stdout) as { bytes: number }).bytes, 300_000);
  t.true(content.equals(await readFile(join(home, 'a'))));
  await writeFile(join(here, 'b'), content.subarray(0, 450_000));
  const down = await run(['download', '--resume', '--json', ...reaching(program), `${alice}:a`, 'b']);
  t.is((JSON.parse(down.stdout) as { bytes: number }).bytes, 50_000);
  t.true(content.equals(await readFile(join(here, 'b'))));
});

test('list, preview, delete: what they print and end with', async (t) => {
  const program = await clientProgram(t);
  const { run, home, alice } = program;
  const content = randomBytes(3000);
  await mkdir(join(home, 'folder'));
  await writeFile(join(home, 'folder', 'a\u001b[31m'), content);
  await writeFile(join(home, 'b'), content);
  const to = reaching(program);

  t.is((await run(['list', ...to, `${alice}:`])).stdout, 'b\nfolder/\n');
  t.regex(
    (await run(['list', '-l', ...to, `${alice}:folder`])).stdout,
    /^-rw-r--r-- {2}3000 {2}[-\d]+ [:\d]+ {2}a\\x1b\[31m\n$/,
  );
  const [entry] = (await run(['list', '--json', ...to, `${alice}:folder`])).stdout.trim().split('\n');
  t.like(JSON.parse(entry ?? ''), { name: 'a\u001b[31m', kind: 'file', sizeBytes: 3000, mode: '-rw-r--r--' });

  const preview = await run(['preview', ...to, `${alice}:b`]);
  t.true(content.subarray(0, 1024).equals(Buffer.from(preview.stdout, 'latin1')));
  t.is((await run(['preview', '-n', '7', ...to, `${alice}:b`])).stdout.length, 7);
  t.deepEqual(await run(['preview', ...to, `${alice}:missing`]), {
    status: 1,
    stdout: '',
    stderr: 'sshome: /missing: No such file or directory\n',
  });

  const refused = await run(['delete', ...to, `${alice}:folder`, `${alice}:b`]);
  t.deepEqual(
    [refused.status, refused.stderr],
    [1, 'sshome: /folder: Directory not empty: use -r to delete it and everything in it\n'],
  );
  t.deepEqual(await run(['delete', '-r', ...to, `${alice}:f*`]), { status: 0, stdout: '', stderr: '' });
  t.deepEqual(await readdir(home), []);
});

test('connection: each way of failing has its message and the status 255', async (t) => {
  const program = await clientProgram(t);
  const { run, server, alice, here } = program;
  const known = ['--known-hosts', join(server.folder, 'none')];

  const unknown = await run(['list', '-P', String(server.port), ...known, `${alice}:`]);
  t.is(unknown.status, 255);
  t.true(server.fingerprints.some((fingerprint) => unknown.stderr.includes(fingerprint)));
  t.regex(unknown.stderr, /--accept-new/);

  const wrong = await run(['list', ...reaching(program), `${alice}:`], { environment: { SSHOME_PASSWORD: 'wrong' } });
  t.deepEqual([wrong.status, /Permission denied/.test(wrong.stderr)], [255, true]);
  t.false(wrong.stderr.includes('wrong'));

  const learnt = await readFile(join(server.folder, 'client_known_hosts'), 'utf8');
  const changed = learnt.replace(/ AAAA\S+/, ` ${Buffer.from('\0\0\0\x0bssh-ed25519another key').toString('base64')}`);
  await writeFile(join(server.folder, 'none'), changed);
  const attack = await run(['list', '-P', String(server.port), ...known, '--accept-new', `${alice}:`]);
  t.is(attack.status, 255);
  t.regex(attack.stderr, /has changed/);
  t.true(attack.stderr.includes(`${join(server.folder, 'none')}:1`));

  const nobody = await run(['list', '-P', '1', `${alice}:`]);
  t.deepEqual([nobody.status, /Connection refused/.test(nobody.stderr)], [255, true]);

  await writeFile(join(here, 'password'), 'correct horse\r\nmore\n');
  const fromFile = await run(['list', ...reaching(program), '--password-file', 'password', `${alice}:`], {
    environment: { SSHOME_PASSWORD: 'wrong' },
  });
  t.deepEqual(fromFile, { status: 0, stdout: '', stderr: '' });
});

test('usage: a word that is no command is named, with what may have been meant and where to read on', async (t) => {
  const { run } = await clientProgram(t);
  for (const [words, typed, meant, help] of [
    [['uplod', 'a', 'host:'], 'uplod a host:', 'upload', 'sshome --help'],
    [['user', 'ad'], 'user ad', 'add', 'sshome user --help'],
  ] as const) {
    const { status, stderr } = await run(words);
    t.is(status, 2);
    t.is(stderr, `sshome: no such command: ${typed}. Did you mean ${meant}?\nTry: ${help}\n`);
  }
});

test('usage: a wrong command line ends with 2 and says what is wrong', async (t) => {
  const { run } = await clientProgram(t);
  const wrong: readonly (readonly string[])[] = [
    ['upload', 'only-one'],
    ['upload', 'a', 'no-server'],
    ['list', 'sftp://alice:secret@host/'],
    ['list', '-P', 'x', 'host:'],
    ['preview', '-n', '0', 'host:a'],
    ['connect', '/'],
    ['delete'],
    ['list', '--bogus', 'host:'],
  ];
  const results = await Promise.all(wrong.map((words) => run(words)));
  for (const [index, { status, stderr }] of results.entries()) {
    t.is(status, 2, wrong[index]?.join(' '));
    t.not(stderr, '');
    t.false(stderr.includes('    at '));
  }
});
