// OpenSSH's own clients against a whole server: what most people come with.

import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { needs, type ProgramOptions, type ProgramResult, runProgram } from '../helpers/program.ts';
import { PASSWORDS, startServer, type TestServer } from '../helpers/server.ts';

const OPENSSH = { ssh: 'openssh-client', sftp: 'openssh-client', scp: 'openssh-client' };

interface Stock {
  readonly server: TestServer;
  /** Alice's home on the disk, and a folder of the client's. */
  readonly home: string;
  readonly local: string;
  ssh(words: readonly string[], options?: ProgramOptions): Promise<ProgramResult>;
  /** Runs a batch; `words` are further flags. */
  sftp(batch: string, words?: readonly string[]): Promise<ProgramResult>;
  scp(words: readonly string[]): Promise<ProgramResult>;
  /** How scp names a file of alice's. */
  remote(path: string): string;
}

/** A server, and alice with a key in front of OpenSSH's clients; undefined where those are missing. */
async function stock(t: ExecutionContext): Promise<Stock | undefined> {
  if (!(await needs(t, OPENSSH))) return undefined;
  const server = await startServer(t);
  const local = await temporaryFolder(t);
  const pair = makeKeyPair('ed25519');
  const key = join(server.folder, 'key');
  await writeFile(key, pair.private, { mode: 0o600 });
  await mkdir(join(server.folder, 'authorized_keys'), { mode: 0o700 });
  await writeFile(join(server.folder, 'authorized_keys/alice'), `${pair.public}\n`, { mode: 0o600 });
  const options = [...clientOptions(server), '-o', 'BatchMode=yes', '-o', `IdentityFile=${key}`];
  const destination = `alice@${server.host}`;
  return {
    server,
    home: await server.homeOf('alice'),
    local,
    ssh: (words, more) =>
      runProgram(t, 'ssh', [...options, '-p', String(server.port), destination, ...words], { folder: local, ...more }),
    sftp: (batch, words = []) =>
      runProgram(t, 'sftp', [...options, ...words, '-P', String(server.port), '-b', '-', destination], {
        folder: local,
        input: batch,
      }),
    scp: (words) => runProgram(t, 'scp', [...options, '-P', String(server.port), ...words], { folder: local }),
    remote: (path) => `${destination}:${path}`,
  };
}

function clientOptions(server: TestServer): string[] {
  return [
    ...['-F', 'none', '-o', 'StrictHostKeyChecking=accept-new', '-o', 'LogLevel=ERROR', '-o', 'IdentitiesOnly=yes'],
    ...['-o', `UserKnownHostsFile=${join(server.folder, 'known_hosts')}`],
  ];
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

async function sameFile(t: ExecutionContext, one: string, other: string): Promise<void> {
  t.is(sha256(await readFile(one)), sha256(await readFile(other)));
}

// The grid of OpenSSH's own regress/sftp.sh: tiny buffers and one request at a time find bugs.
for (const bufferBytes of [5, 1000, 32_000, 261_120]) {
  for (const requests of [1, 2, 16]) {
    test(`sftp -B ${bufferBytes} -R ${requests}: puts and gets byte for byte`, async (t) => {
      const client = await stock(t);
      if (client === undefined) return;
      const content = randomBytes(bufferBytes === 5 ? 4001 : 600_001);
      await writeFile(join(client.local, 'sent'), content);
      const flags = ['-B', String(bufferBytes), '-R', String(requests)];
      const { status, stderr } = await client.sftp('put sent there\nget there got\n', flags);
      t.is(status, 0, stderr);
      t.is(sha256(await readFile(join(client.home, 'there'))), sha256(content));
      t.is(sha256(await readFile(join(client.local, 'got'))), sha256(content));
    });
  }
}

test('sftp: the commands people use work', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  await writeFile(join(client.local, 'a file'), 'content');
  const { status, stdout, stderr } = await client.sftp(
    [
      'pwd',
      'mkdir folder',
      'put "a file" folder/',
      'cd folder',
      'pwd',
      'rename "a file" renamed',
      'ln renamed hard',
      'symlink renamed soft',
      'chmod 600 renamed',
      'cp renamed copy',
      'ls -l',
      'df -h',
      'rm hard',
      'rm copy',
      'get soft fetched',
      'cd ..',
      '-rmdir folder',
      'ls',
    ].join('\n'),
  );
  t.is(status, 0, stderr);
  const said = stdout.toString('utf8');
  t.true(said.includes('Remote working directory: /\n'));
  t.true(said.includes('Remote working directory: /folder\n'));
  t.regex(said, /-rw------- .* renamed\n/);
  t.regex(said, /lrwxrwxrwx .* soft( -> renamed)?\n/);
  t.deepEqual((await readdir(join(client.home, 'folder'))).sort(), ['renamed', 'soft']);
  t.is(await readFile(join(client.local, 'fetched'), 'utf8'), 'content');
});

test('sftp: a failed command of a batch is exit status 1 and a clear word', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const { status, stderr } = await client.sftp('get missing\n');
  t.is(status, 1);
  t.regex(stderr, /"\/missing" not found|No such file/);
});

test('sftp: trees go up and down, with times and modes', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const tree = join(client.local, 'tree');
  await mkdir(join(tree, 'inner folder'), { recursive: true });
  await writeFile(join(tree, 'inner folder/deep'), randomBytes(70_000));
  await writeFile(join(tree, 'empty'), '');
  await chmod(join(tree, 'empty'), 0o640);
  await utimes(join(tree, 'empty'), 1_000_000, 1_234_567_890);
  const { status, stderr } = await client.sftp('put -pR tree\nget -pR tree back\n');
  t.is(status, 0, stderr);
  for (const root of [join(client.home, 'tree'), join(client.local, 'back')]) {
    await sameFile(t, join(tree, 'inner folder/deep'), join(root, 'inner folder/deep'));
    const empty = await stat(join(root, 'empty'));
    t.is(empty.mode & 0o777, 0o640);
    t.is(empty.mtimeMs, 1_234_567_890_000);
  }
});

test('sftp: reput and reget go on where a transfer broke off', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const content = randomBytes(500_000);
  await writeFile(join(client.local, 'whole'), content);
  await writeFile(join(client.home, 'whole'), content.subarray(0, 123_457));
  await writeFile(join(client.local, 'down'), content.subarray(0, 50_001));
  const { status, stderr } = await client.sftp('reput whole\nreget whole down\n');
  t.is(status, 0, stderr);
  await sameFile(t, join(client.home, 'whole'), join(client.local, 'whole'));
  await sameFile(t, join(client.local, 'down'), join(client.local, 'whole'));
});

test('sftp: nothing outside of the home can be reached', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  await writeFile(join(await client.server.homeOf('bob'), 'secret'), 'of bob');
  for (const path of ['/etc/passwd', '../bob/secret', '/../bob/secret', '../../../../../../etc/passwd']) {
    t.is((await client.sftp(`get ${path} stolen\n`)).status, 1);
  }
  t.is((await client.sftp('symlink /etc/passwd link\nget link stolen\n')).status, 1);
  t.is((await client.sftp('symlink ../bob out\nget out/secret stolen\n')).status, 1);
  t.deepEqual(await readdir(client.local), []);
});

test('sftp: a session that never sent its last words ends with the client', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  t.is((await client.sftp('')).status, 0);
});

for (const [title, flags] of [
  ['scp', []],
  ['scp -O', ['-O']],
] as const) {
  for (const sizeBytes of [0, 1, 32_767, 32_768, 32_769, 5_000_000]) {
    test(`${title}: ${sizeBytes} bytes go up and down byte for byte`, async (t) => {
      const client = await stock(t);
      if (client === undefined) return;
      await writeFile(join(client.local, 'sent'), randomBytes(sizeBytes));
      const up = await client.scp([...flags, 'sent', client.remote('there')]);
      t.is(up.status, 0, up.stderr);
      const down = await client.scp([...flags, client.remote('there'), 'got']);
      t.is(down.status, 0, down.stderr);
      await sameFile(t, join(client.local, 'sent'), join(client.home, 'there'));
      await sameFile(t, join(client.local, 'sent'), join(client.local, 'got'));
    });
  }

  test(`${title}: -r and -p keep trees, odd names, times and modes`, async (t) => {
    const client = await stock(t);
    if (client === undefined) return;
    const names = ['with space', "quo'te", 'émoji 🐚', '$HOME', 'semi;colon', '*'];
    // The old protocol has lines; OpenSSH's scp writes a line feed in a name as `\\^J` there.
    if (flags.length === 0) names.push('new\nline');
    const tree = join(client.local, 'tree');
    await mkdir(join(tree, 'inner'), { recursive: true });
    for (const name of names) await writeFile(join(tree, 'inner', name), name);
    await chmod(join(tree, 'inner', '*'), 0o750);
    await utimes(join(tree, 'inner', '*'), 1_000_000, 1_234_567_890);
    const up = await client.scp([...flags, '-rp', 'tree', client.remote('.')]);
    t.is(up.status, 0, up.stderr);
    const down = await client.scp([...flags, '-rp', client.remote('tree'), 'back']);
    t.is(down.status, 0, down.stderr);
    for (const root of [join(client.home, 'tree'), join(client.local, 'back')]) {
      t.deepEqual((await readdir(join(root, 'inner'))).sort(), [...names].sort());
      for (const name of names) t.is(await readFile(join(root, 'inner', name), 'utf8'), name);
      const star = await stat(join(root, 'inner', '*'));
      t.is(star.mode & 0o777, 0o750);
      t.is(star.mtimeMs, 1_234_567_890_000);
    }
  });

  test(`${title}: globs and the home are the server's to expand`, async (t) => {
    const client = await stock(t);
    if (client === undefined) return;
    for (const name of ['one.txt', 'two.txt', 'three.bin']) await writeFile(join(client.home, name), name);
    const { status, stderr } = await client.scp([...flags, client.remote('~/*.txt'), client.local]);
    t.is(status, 0, stderr);
    t.deepEqual((await readdir(client.local)).sort(), ['one.txt', 'two.txt']);
  });

  test(`${title}: a missing file is exit status 1 and a clear word`, async (t) => {
    const client = await stock(t);
    if (client === undefined) return;
    const { status, stderr } = await client.scp([...flags, client.remote('missing'), 'got']);
    t.is(status, 1);
    t.regex(stderr, /missing.*No such file or directory/s);
  });
}

test('ssh: a command has its output, its errors and its exit status', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  await writeFile(join(client.home, 'a.txt'), 'hello');
  const list = await client.ssh(['list']);
  t.deepEqual([list.status, list.stdout.toString('utf8'), list.stderr], [0, 'a.txt\n', '']);
  const missing = await client.ssh(['preview', 'missing']);
  t.is(missing.status, 1);
  t.is(missing.stdout.length, 0);
  t.regex(missing.stderr, /missing: No such file or directory/);
  t.is((await client.ssh(['preview', '--nonsense', 'a.txt'])).status, 2);
  const unknown = await client.ssh(['lst']);
  t.is(unknown.status, 127);
  t.regex(unknown.stderr, /list/);
});

test('ssh: upload and download are byte for byte', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const content = randomBytes(3_000_000);
  const up = await client.ssh(['upload', 'a.bin'], { input: content });
  t.is(up.status, 0, up.stderr);
  const down = await client.ssh(['download', 'a.bin']);
  t.is(down.status, 0, down.stderr);
  t.is(sha256(down.stdout), sha256(content));
  t.is(sha256(await readFile(join(client.home, 'a.bin'))), sha256(content));
});

test('ssh: preview without a terminal is the first 1024 bytes as they are', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const content = randomBytes(5000);
  await writeFile(join(client.home, 'a.bin'), content);
  t.deepEqual((await client.ssh(['preview', 'a.bin'])).stdout, content.subarray(0, 1024));
});

test('ssh: no word of a command reaches a system shell', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  for (const command of [
    'id',
    'sh -c id',
    'list; id',
    'list $(id)',
    'list `id`',
    'list | id',
    'list && id',
    'node -v',
  ]) {
    const { status, stdout, stderr } = await client.ssh([command]);
    t.not(status, 0, command);
    t.false(/uid=|v\d+\./.test(stdout.toString('utf8') + stderr), command);
  }
});

test('ssh: forwarding is refused', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const { status } = await client.ssh(['-W', `127.0.0.1:${client.server.port}`]);
  t.not(status, 0);
});

test('ssh: with a terminal a shell greets with its prompt, and quit ends it with status 0', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const { status, stdout } = await client.ssh(['-tt'], { input: 'pwd\rquit\r' });
  t.is(status, 0);
  const screen = stdout.toString('utf8');
  t.true(screen.includes('alice@sshome:/$ '), screen);
  t.true(screen.includes('\r\n/\r\n'), screen);
});

test('ssh: without a terminal a shell takes its commands from the input', async (t) => {
  const client = await stock(t);
  if (client === undefined) return;
  const { status, stdout } = await client.ssh(['-T'], { input: 'mkdir made\ncd made\npwd\nquit\n' });
  t.is(status, 0);
  t.true(stdout.toString('utf8').endsWith('/made\n'));
  t.true((await stat(join(client.home, 'made'))).isDirectory());
});

test('sshpass: ssh, sftp and scp log in with a password', async (t) => {
  if (!(await needs(t, { ...OPENSSH, sshpass: 'sshpass' }))) return;
  const server = await startServer(t);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'sent'), 'with a password');
  const environment = { SSHPASS: PASSWORDS.bob };
  const port = String(server.port);
  const options = [...clientOptions(server), '-o', 'PubkeyAuthentication=no'];
  const run = (words: readonly string[], input = ''): Promise<ProgramResult> =>
    runProgram(t, 'sshpass', ['-e', ...words], { environment, folder, input });
  t.is((await run(['ssh', ...options, '-p', port, 'bob@127.0.0.1', 'whoami'])).stdout.toString('utf8'), 'bob\n');
  t.is((await run(['scp', ...options, '-P', port, 'sent', 'bob@127.0.0.1:'])).status, 0);
  t.is((await run(['sftp', ...options, '-P', port, 'bob@127.0.0.1'], 'get sent got\n')).status, 0);
  t.is(await readFile(join(folder, 'got'), 'utf8'), 'with a password');
});
