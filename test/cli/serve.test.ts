import { chmod, copyFile, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2, { type Client } from 'ssh2';
import { liveServer } from '../../src/control/live-server.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { type ServerProcess, startProcess } from '../helpers/server-process.ts';
import { run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';

/** A folder with the sample users, as a fresh checkout has them. */
async function checkout(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await copyFile(inRepository('id_passwd.txt'), join(folder, 'id_passwd.txt'));
  return folder;
}

async function connect(t: ExecutionContext, server: ServerProcess): Promise<Client> {
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).once('error', reject);
    client.connect({ host: '127.0.0.1', port: server.port, username: 'user1', password: 'password1' });
  });
  client.on('error', () => {});
  return client;
}

test('serve: says on standard output where it listens and what to type, and nothing else', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t) });
  const { port } = server;
  t.is(
    server.output(),
    `sshome: listening on ssh://127.0.0.1:${port}\n` +
      `        files: sftp -P ${port} user1@127.0.0.1    shell: ssh -p ${port} user1@127.0.0.1\n`,
  );
  const client = await connect(t, server);
  t.is((await run(client, 'whoami')).stdout.toString('utf8'), 'user1\n');
});

test('serve: makes the homes’ folder and a home at its first login, for nobody else to enter', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t) });
  await t.throwsAsync(stat(join(server.folder, 'homes/user1')), { code: 'ENOENT' });
  await run(await connect(t, server), 'pwd');
  t.is((await stat(join(server.folder, 'homes'))).mode & 0o777, 0o700);
  t.is((await stat(join(server.folder, 'homes/user1'))).mode & 0o777, 0o700);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`serve: ${signal} stops it with status 0`, async (t) => {
    const server = await startProcess(t, { folder: await checkout(t) });
    const client = await connect(t, server);
    server.child.kill(signal);
    t.is(await server.ended, 0);
    client.end();
  });
}

test('serve: a stopping server takes nobody new, and lets the transfer under way finish', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t), words: ['--grace', '20s'] });
  const client = await connect(t, server);
  const done = new Promise<number>((resolve, reject) => {
    client.exec('upload late', (error, channel) => {
      if (error) return reject(error);
      channel.on('exit', resolve).resume();
      channel.write('before ');
      void untilFile(join(server.folder, 'homes/user1/late')).then(async () => {
        server.child.kill('SIGTERM');
        await until(() => server.errors().includes('stopping'));
        await t.throwsAsync(connect(t, server));
        channel.end('and after');
      });
    });
  });
  t.is(await done, 0);
  t.is(await readFile(join(server.folder, 'homes/user1/late'), 'utf8'), 'before and after');
  t.is(await server.ended, 0);
});

test('serve: when the grace time is over, a transfer that goes on is cut off', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t), words: ['--grace', '200ms'] });
  const client = await connect(t, server);
  await new Promise<void>((resolve, reject) => {
    client.exec('upload stuck', (error, channel) => {
      if (error) return reject(error);
      channel.write('what arrived');
      resolve();
    });
  });
  await untilFile(join(server.folder, 'homes/user1/stuck'));
  t.is((await run(client, 'pwd')).status, 0);
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
  t.is(await readFile(join(server.folder, 'homes/user1/stuck'), 'utf8'), 'what arrived');
});

test('serve: a second signal ends it at once', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t), words: ['--grace', '1h'] });
  const client = await connect(t, server);
  client.exec('upload stuck', (_error, channel) => channel.write('x'));
  await untilFile(join(server.folder, 'homes/user1/stuck'));
  server.child.kill('SIGTERM');
  await until(() => server.errors().includes('stopping'));
  server.child.kill('SIGTERM');
  t.is(await server.ended, 143);
});

test('serve: a port that is taken is an error that says so', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const server = await startProcess(t, { folder: await checkout(t), words: ['--port', String(port)] });
  t.is(await server.ended, 1);
  t.regex(server.errors(), new RegExp(`sshome: 127\\.0\\.0\\.1:${port} .*another program listens there already`));
});

/*
 * The folder for the homes was named, whichever folder could not be made: who had mistyped `--state` looked in the wrong place.
 * Reached by a state or keys folder below something that is no folder.
 * Verifies that the message names the folder.
 */
for (const setting of ['state', 'keys', 'homes']) {
  test(`serve: a folder for --${setting} that can't be made is an error that names it`, async (t) => {
    const folder = await checkout(t);
    await writeFile(join(folder, 'file'), '');
    const server = await startProcess(t, { folder, words: [`--${setting}`, 'file/below'] });
    t.is(await server.ended, 1);
    t.regex(
      server.errors(),
      /^sshome: file\/below: this folder can't be made \(a part of the path is a file, not a folder\)$/m,
    );
  });
}

/*
 * A server whose log file could be none started all the same, said so in the words of the system once, and kept no audit log.
 * Reached by `--log-file` with a folder, or below a file.
 * Verifies that the start is refused, with the path and what stands in the way.
 */
test('serve: a log file that can be none is an error that names it', async (t) => {
  const folder = await checkout(t);
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'there'));
  for (const [path, why] of [
    ['there', 'this is a folder, not a file'],
    ['file/log.jsonl', 'a part of the path is a file, not a folder'],
  ] as const) {
    const server = await startProcess(t, { folder, words: ['--log-file', path] });
    t.is(await server.ended, 1);
    t.regex(
      server.errors(),
      new RegExp(`^sshome: ${path}: the log file can't be written \\(${why}\\); choose another`, 'm'),
    );
  }
});

/*
 * What was wrong: the server never started and never ended; Node's recursive mkdir goes round for ever.
 * How it was reached: a folder below /proc, where nothing can be made, though it is said that something is not there.
 * What this verifies: the error that names what can't be made.
 */
if (process.platform === 'linux') {
  for (const setting of ['state', 'keys', 'homes']) {
    test(`serve: a folder below /proc for --${setting} is an error`, async (t) => {
      const server = await startProcess(t, { folder: await checkout(t), words: [`--${setting}`, '/proc/none/below'] });
      t.is(await server.ended, 1);
      t.regex(server.errors(), /^sshome: \/proc\/none: this folder can't be made \(nothing can be made there\)$/m);
    });
  }

  test('serve: a log file below /proc is told of, and the server serves', async (t) => {
    const server = await startProcess(t, { folder: await checkout(t), words: ['--log-file', '/proc/none/log.jsonl'] });
    t.regex(server.output(), /listening/);
    t.regex(server.errors(), /\/proc\/none/);
  });
}

/*
 * A second server with the same state folder took over the socket there, and wrote over penalties, bans and what was used of
 * quotas: `sshome session kill` and `sshome ban add` did nothing to the first, which went on serving.
 * Reached by `sshome serve --port OTHER` in the folder of a server that runs.
 * Verifies that the second does not start, and that the first is still the one that answers.
 */
test('serve: a state folder that another server uses is an error that says so', async (t) => {
  const folder = await checkout(t);
  const first = await startProcess(t, { folder });
  await connect(t, first);
  const second = await startProcess(t, { folder });
  t.false(second.port > 0);
  t.is(await second.ended, 1);
  t.regex(second.errors(), /^sshome: state: another server that runs keeps its state in this folder.*--state$/m);
  const sessions = await liveServer(join(folder, 'state')).sessions.list();
  t.deepEqual(
    sessions.map(({ user }) => user),
    ['user1'],
  );
  // One that was killed leaves its socket behind, and is in nobody's way.
  first.child.kill('SIGKILL');
  await first.ended;
  t.true((await startProcess(t, { folder })).port > 0);
});

/*
 * A server that was being stopped let go of the socket before it waited for its last transfers: another could start with its
 * state folder, and what the first wrote at its end took the place of what the second had counted.
 * Reached by SIGTERM while somebody uploads, and a start right after it.
 * Verifies that the folder is in use until the first has ended, and free then.
 */
test('serve: the state folder is in use while a server waits for its last transfers', async (t) => {
  const folder = await checkout(t);
  const first = await startProcess(t, { folder, words: ['--grace', '60s'] });
  const client = await connect(t, first);
  client.exec('upload late', (_error, channel) => void channel.write('before '));
  await untilFile(join(folder, 'homes/user1/late'));
  first.child.kill('SIGTERM');
  await until(() => first.errors().includes('stopping'));
  const second = await startProcess(t, { folder });
  if (second.port > 0) return t.fail('the second has started');
  t.is(await second.ended, 1);
  t.regex(second.errors(), /another server that runs keeps its state in this folder/);
  client.end();
  t.is(await first.ended, 0);
  t.true((await startProcess(t, { folder })).port > 0);
  return undefined;
});

test('serve: the sample passwords are served on loopback alone', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t), words: ['--host', '0.0.0.0'] });
  t.is(await server.ended, 1);
  t.is(server.output(), '');
  t.regex(server.errors(), /sample passwords of user1, user2, user3 .*sshome user passwd user1/s);
});

test('serve: own plain passwords are served anywhere, with one warning that counts them', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'id_passwd.txt'), 'alice:my own one\nbob:and mine\n', { mode: 0o600 });
  const server = await startProcess(t, { folder, words: ['--host', '0.0.0.0'] });
  t.true(server.port > 0);
  const warnings = server.errors().match(/^.*plain text.*$/gm);
  t.is(warnings?.length, 1);
  t.regex(warnings?.[0] ?? '', /\b2 passwords .*sshome user hash-all/);
});

test('serve: every fault of the credentials file is told, with its line', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'id_passwd.txt'), 'alice:hush-hush\nno colon\nalice:again\n../x:hush-hush\nbob:\n', {
    mode: 0o600,
  });
  const server = await startProcess(t, { folder });
  t.is(await server.ended, 1);
  const lines = server
    .errors()
    .split('\n')
    .filter((line) => line.startsWith('sshome: '));
  t.deepEqual(
    lines.map((line) => /^sshome: id_passwd\.txt:(\d+): /.exec(line)?.[1]),
    ['2', '3', '4', '5'],
  );
  t.false(/hush|again/.test(server.errors()));
});

test('serve: without a credentials file it says how to make one', async (t) => {
  const server = await startProcess(t);
  t.is(await server.ended, 1);
  t.regex(server.errors(), /id_passwd\.txt: there is no such file.*sshome user add NAME/);
});

test('serve: settings come from flags, variables and sshome.yaml', async (t) => {
  const folder = await checkout(t);
  await mkdir(join(folder, 'from-variable'));
  await writeFile(join(folder, 'sshome.yaml'), 'homes: from-file\nlog-file: log.jsonl\n');
  const server = await startProcess(t, { folder, environment: { SSHOME_HOMES: 'from-variable' } });
  await run(await connect(t, server), 'pwd');
  t.true((await stat(join(folder, 'from-variable/user1'))).isDirectory());
  t.regex(await readFile(join(folder, 'log.jsonl'), 'utf8'), /"event":"session.login"/);
});

test('serve: a wrong setting is exit status 1, a wrong flag 2, each with what is wrong', async (t) => {
  const setting = await startProcess(t, { words: ['--max-channels', 'many'] });
  t.is(await setting.ended, 1);
  t.is(setting.errors(), 'sshome: --max-channels: "many" is not a whole number from 1 to 1000\n');
  const flag = await startProcess(t, { words: ['--prot', '22'] });
  t.is(await flag.ended, 2);
  t.is(flag.errors(), 'sshome: Unknown argument: prot\nTry: sshome serve --help\n');
});

test('serve: started as root with --run-as, it is that user for good, and serves', async (t) => {
  if (process.getuid?.() !== 0) {
    t.log('skipped: only root can become another user');
    t.pass();
    return;
  }
  const folder = await checkout(t);
  await chmod(folder, 0o755);
  // What was made by root is given away; what a link in there points to is not.
  await mkdir(join(folder, 'logins'), { mode: 0o700 });
  await writeFile(join(folder, 'logins/user2'), '', { mode: 0o600 });
  await writeFile(join(folder, 'of root'), '', { mode: 0o600 });
  await symlink(join(folder, 'of root'), join(folder, 'logins/user3'));
  const words = ['--run-as', 'nobody', '--log-file', 'log.jsonl'];
  const server = await startProcess(t, { folder, words });
  const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8');
  t.regex(status, /^Uid:\s+(?!0\b)(\d+)\s+\1\s+\1\s+\1$/m);
  t.false(/^Groups:.*\b0\b/m.test(status));
  t.is((await run(await connect(t, server), 'mkdir made')).status, 0);
  t.not((await stat(join(folder, 'homes/user1/made'))).uid, 0);
  t.not((await stat(join(folder, 'logins/user2'))).uid, 0);
  t.is((await stat(join(folder, 'of root'))).uid, 0);
  t.false(server.errors().includes('serving as root'));
});

test('serve: --run-as with a user that is none is an error that says so', async (t) => {
  const server = await startProcess(t, { folder: await checkout(t), words: ['--run-as', 'no-such-user'] });
  t.is(await server.ended, 1);
  t.regex(server.errors(), /sshome: --run-as no-such-user: (this machine has no such user|only root can)/);
});

async function untilFile(file: string): Promise<void> {
  await until(async () => {
    try {
      return (await stat(file)).isFile();
    } catch {
      return false;
    }
  });
}
