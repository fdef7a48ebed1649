// OpenSSH's sftp: the client that most people and scripts come with.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBytes, encodeBytes } from '../../src/model/bytes.ts';
import { needs } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { hashOf, readTree, writeRandom, writeTree } from './content.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { type Bench, testClient } from './matrix.ts';
import { linesOf, withoutDots } from './must-run.ts';
import { backslashed, destinationOf, OPENSSH, opensshFlags, opensshVersion, runOpenssh } from './openssh.ts';

/** Runs the commands of a batch, of which none may fail; resolves to what they print. */
function batch(
  t: Lifetime,
  target: Target,
  commands: readonly string[],
  flags: readonly string[] = [],
): Promise<Buffer> {
  // Behind "@" a command is not shown again among the output.
  const input = encodeBytes(commands.map((command) => `@${command}\n`).join(''));
  const words = [...flags, '-P', String(target.server.port), '-b', '-', destinationOf(target)];
  return runOpenssh(t, 'sftp', words, { target, input });
}

/** sftp shows what is not printable as \ooo, and no other way of listing is there. */
function shown(name: string): string {
  const bytes = encodeBytes(name.replace(/\\[0-7]{3}/g, (octal) => `\u0000${octal.slice(1)}`)).toString('latin1');
  const plain = bytes.replace(/\u0000([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return decodeBytes(Buffer.from(plain, 'latin1'));
}

const sftp: ClientDriver = {
  name: 'OpenSSH sftp',
  programs: OPENSSH,
  version: opensshVersion,
  logins: ['password', 'key'],
  open: async (t, target) => {
    const run = async (...words: string[]): Promise<void> => {
      const [command = '', ...rest] = words;
      await batch(t, target, [
        [command, ...rest.map((word) => (/^-[a-zA-Z]$/.test(word) ? word : backslashed(word)))].join(' '),
      ]);
    };
    return {
      upload: (local, remote) => run('put', '-p', local, remote),
      download: (remote, local) => run('get', '-p', remote, local),
      list: async (remote) => {
        const output = await batch(t, target, [`cd ${backslashed(remote)}`, 'ls -1a']);
        return withoutDots(linesOf(output).map(shown));
      },
      delete: (remote) => run('rm', remote),
      uploadTree: (local, remote) => run('put', '-R', local, remote),
      downloadTree: (remote, local) => run('get', '-R', remote, local),
      resumeUpload: (local, remote) => run('reput', local, remote),
      resumeDownload: (remote, local) => run('reget', remote, local),
      rename: (from, to) => run('rename', from, to),
      makeDirectory: (remote) => run('mkdir', remote),
      chmod: (remote, mode) => run('chmod', mode.toString(8), remote),
      makeLink: (target, remote) => run('symlink', target, remote),
    };
  },
  unableLists: { newline: 'ls prints it as it is' },
  keepsTimes: { upload: true, download: true },
  keepsModes: { upload: true, download: true },
  renamesOver: true,
  rekeys: true,
};

const { check, stage, bench } = testClient(sftp);

/** Runs commands in the bench's folders on both sides. */
async function inBench(
  t: Lifetime,
  { local, remote }: Pick<Bench, 'local' | 'remote'>,
  commands: readonly string[],
  flags: readonly string[] = [],
): Promise<string> {
  const target = { ...(await (await stage()).target()), local };
  return decodeBytes(await batch(t, target, [`cd ${backslashed(remote)}`, ...commands], flags));
}

// The grid of OpenSSH's own regress/sftp-perm.sh and sftp.sh: tiny buffers and one request at a time find bugs.
for (const bufferBytes of [5, 1000, 32_000, 261_120]) {
  check(`puts and gets with -B ${bufferBytes} and -R 1, 2, 16, 64`, async (t) => {
    const on = await bench(t);
    const hash = await writeRandom(join(on.local, 'sent'), bufferBytes === 5 ? 4001 : 600_001);
    for (const requests of [1, 2, 16, 64]) {
      const flags = ['-B', String(bufferBytes), '-R', String(requests)];
      await inBench(t, on, [`put sent there${requests}`, `get there${requests} got${requests}`], flags);
      t.is(await hashOf(join(on.disk, `there${requests}`)), hash, `put, -R ${requests}`);
      t.is(await hashOf(join(on.local, `got${requests}`)), hash, `get, -R ${requests}`);
    }
  });
}

check('has the commands that people use', async (t) => {
  const on = await bench(t);
  await writeTree(on.local, { 'a file': 'content' });
  const said = await inBench(t, on, [
    'pwd',
    'mkdir folder',
    'put "a file" folder/',
    'cd folder',
    'pwd',
    'rename "a file" renamed',
    'ln renamed hard',
    'ln -s renamed soft',
    'chmod 600 renamed',
    'cp renamed copy',
    'ls -l',
    'ls -lhnS',
    'ls -1rt',
    'lls',
    'get soft fetched',
    'rm hard',
    'cd ..',
    '-rmdir folder',
    'version',
    'help',
  ]);
  t.true(said.includes(`Remote working directory: ${on.remote}\n`));
  t.true(said.includes(`Remote working directory: ${on.remote}/folder\n`));
  t.regex(said, /^-rw------- +\? +alice +alice +7 .* renamed$/m);
  t.regex(said, /^lrwxrwxrwx .* soft$/m);
  t.deepEqual((await readdir(join(on.disk, 'folder'))).sort(), ['copy', 'renamed', 'soft']);
  t.is(await readlink(join(on.disk, 'folder/soft')), 'renamed');
  t.is((await stat(join(on.disk, 'folder/renamed'))).mode & 0o777, 0o600);
  t.is(await readFile(join(on.local, 'fetched'), 'utf8'), 'content');
});

check('tells the room there is (df)', async (t) => {
  const said = await inBench(t, await bench(t), ['df', 'df -h', 'df -i']);
  t.regex(said, /Size +Used +Avail +\(root\) +%Capacity\n +\d+ +\d+ +\d+ +\d+ +\d+%/);
  t.regex(said, /Inodes +Used +Avail/);
});

check('expands patterns on the server', async (t) => {
  const on = await bench(t);
  await writeTree(on.disk, { 'one.txt': '1', 'two.txt': '2', '.dot.txt': '3', '[x].txt': '4', 'in/one.bin': '5' });
  const listed = await inBench(t, on, ['ls -1 *.txt', 'get o*.t?t', 'get \\[x\\].txt', 'get */*.bin', 'rm [t]*']);
  t.deepEqual(listed.trim().split('\n').slice(0, 3), ['[x].txt', 'one.txt', 'two.txt']);
  t.deepEqual(await readTree(on.local), { 'one.txt': '1', '[x].txt': '4', 'one.bin': '5' });
  t.deepEqual((await readdir(on.disk)).sort(), ['.dot.txt', '[x].txt', 'in', 'one.txt']);
});

check('goes on with -a, and writes through to the disk with -f', async (t) => {
  const on = await bench(t);
  const content = randomBytes(500_000);
  await writeFile(join(on.local, 'whole'), content);
  await writeFile(join(on.disk, 'whole'), content.subarray(0, 123_457));
  await writeFile(join(on.local, 'down'), content.subarray(0, 50_001));
  await inBench(t, on, ['put -a whole', 'get -a whole down', 'put -f whole synced']);
  t.true((await readFile(join(on.disk, 'whole'))).equals(content));
  t.true((await readFile(join(on.local, 'down'))).equals(content));
  t.true((await readFile(join(on.disk, 'synced'))).equals(content));
});

check('goes on with whole trees by the flags -a -p -r', async (t) => {
  const on = await bench(t);
  const content = randomBytes(100_000);
  await writeTree(on.local, { 'tree/inner/begun': 'whole', 'tree/large': '' });
  await writeFile(join(on.local, 'tree/large'), content);
  await writeTree(on.disk, { 'tree/inner/begun': 'who', 'tree/large': '' });
  await writeFile(join(on.disk, 'tree/large'), content.subarray(0, 70_000));
  await inBench(t, on, ['put -r tree', 'get tree back'], ['-a', '-p', '-r', '-f']);
  t.deepEqual(await readTree(join(on.disk, 'tree')), await readTree(join(on.local, 'tree')));
  t.deepEqual(await readTree(join(on.local, 'back')), await readTree(join(on.local, 'tree')));
});

check('ends a batch at the first command that fails, unless that begins with "-"', async (t) => {
  const on = await bench(t);
  await t.throwsAsync(inBench(t, on, ['mkdir first', 'get missing', 'mkdir second']), {
    message: /ended with 1: .*(not found|No such file)/s,
  });
  await inBench(t, on, ['-get missing', '-rm missing', '-rmdir missing', '-rename missing other', 'mkdir third']);
  t.deepEqual((await readdir(on.disk)).sort(), ['first', 'third']);
});

check('is told why: permissions, a full folder, an existing name', async (t) => {
  const on = await bench(t);
  await writeTree(on.disk, { 'folder/file': '', 'locked/file': '' });
  for (const [command, reason] of [
    ['rmdir folder', 'remote rmdir .*: Failure'],
    ['mkdir folder', 'remote mkdir .*: Failure'],
    ['rm folder', 'remote delete .*: Failure'],
    ['get folder/file/below', 'not found|No such file'],
    ['chown 4321 folder', 'remote setstat .*: Permission denied'],
    ['ls missing', 'not found'],
  ] as const) {
    if (command.startsWith('chown') && process.getuid?.() === 0) continue;
    await t.throwsAsync(inBench(t, on, [command]), { message: new RegExp(reason) }, command);
  }
});

check('reaches nothing outside of the home', async (t) => {
  const on = await bench(t);
  const bob = await on.stage.server.homeOf('bob');
  await writeTree(bob, { secret: 'of bob' });
  await symlink(bob, join(on.disk, 'out'));
  for (const command of [
    'get /etc/passwd stolen',
    'get ../bob/secret stolen',
    'get /../../../../../etc/passwd stolen',
    'get out/secret stolen',
    'ls out/secret',
    'put /etc/hostname out/sent',
    'rename out/secret mine',
    'ln out/secret mine',
    'cd ~bob',
  ]) {
    await t.throwsAsync(inBench(t, on, [command]), { any: true }, command);
  }
  await inBench(t, on, ['symlink ../../bob up', 'symlink /etc/passwd passwd']);
  await t.throwsAsync(inBench(t, on, ['get up/secret stolen']), { any: true });
  await t.throwsAsync(inBench(t, on, ['get passwd stolen']), { any: true });
  t.deepEqual(await readTree(on.local), {});
  t.deepEqual(await readTree(bob), { secret: 'of bob' });
});

check('talks to people: a prompt, Tab for names, a progress meter', async (t) => {
  if (!(await needs(t, { script: 'bsdutils' }))) return;
  const on = await bench(t);
  await writeTree(on.disk, { 'a rather long name': 'typed' });
  const { server, knownHosts, logins } = on.stage;
  const words = [...opensshFlags({ login: logins.key, knownHosts }), '-P', String(server.port)];
  const command = ['sftp', ...words, `alice@${server.host}:${on.remote}`].map(backslashed).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: on.local,
    env: { ...process.env, TERM: 'xterm' },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('close', resolve));
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  const prompts = (count: number): Promise<void> => until(() => screen.split('sftp> ').length > count);
  await prompts(1);
  child.stdin.write('get a\t\r');
  await until(() => screen.includes('100%'));
  child.stdin.write('bye\r');
  t.is(await ended, 0);
  t.regex(screen, /Fetching .*a rather long name/);
  t.deepEqual(await readTree(on.local), { 'a rather long name': 'typed' });
});

check('ends when it is told nothing at all', async (t) => {
  t.is(await inBench(t, { local: (await bench(t)).local, remote: '/' }, []), '');
});
