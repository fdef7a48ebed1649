// Shared folders as real clients meet them: what OpenSSH, sshfs, lftp, rclone and our own client do where one is mounted,
// at its borders and above it, and when it comes and goes while they are connected.

import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { connectActor } from '../faults/actors.ts';
import { needs, runProgram } from '../helpers/program.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { linesOf, mustRun, withoutDots } from './must-run.ts';
import { destinationOf, OPENSSH, opensshFlags, runOpenssh } from './openssh.ts';
import { type Stage, setStage } from './stage.ts';

interface Shared extends Stage {
  /** The content of the shared folder `design` on the disk. */
  readonly design: string;
}

/** What sshome.yaml says: each folder, and whose it is. */
function rulesFor(folders: Readonly<Record<string, readonly string[]>>): string {
  const sections = Object.entries(folders).map(
    ([name, users]) => `  ${name}:\n    grants:\n      - { role: owner, users: [${users.join(', ')}] }\n`,
  );
  return `folders:\n${sections.join('')}`;
}

/** A server on which alice has the shared folders `design` and `plans`, and bob has `design`. */
async function setShared(t: ExecutionContext): Promise<Shared> {
  t.timeout(90_000);
  const stage = await setStage(t, {}, rulesFor({ design: ['alice', 'bob'], plans: ['alice'] }));
  return { ...stage, design: join(stage.server.folder, 'folders/design') };
}

/** Runs a batch of sftp's; a line that begins with "-" may fail. */
async function sftp(t: ExecutionContext, stage: Stage, lines: readonly string[], local: string): Promise<string[]> {
  const target = { ...(await stage.target()), local };
  const words = ['-P', String(stage.server.port), '-b', '-', destinationOf(target)];
  const input = lines.map((line) => `${line.startsWith('-') ? '-@' : '@'}${line.replace(/^-/, '')}\n`).join('');
  return linesOf(await runOpenssh(t, 'sftp', words, { target, input }));
}

test('shared folders: OpenSSH sftp goes in and out, up and down', async (t) => {
  if (!(await needs(t, OPENSSH))) return;
  const stage = await setShared(t);
  const { local } = await stage.target();
  await writeFile(join(local, 'file'), 'content');
  await mkdir(join(local, 'tree/inner'), { recursive: true });
  await writeFile(join(local, 'tree/inner/leaf'), 'leaf');
  t.deepEqual(await sftp(t, stage, ['ls -1', 'cd shared', 'pwd', 'ls -1', 'cd design', 'pwd', 'ls -1a'], local), [
    'shared',
    'Remote working directory: /shared',
    'design',
    'plans',
    'Remote working directory: /shared/design',
    '.',
    '..',
  ]);
  await sftp(
    t,
    stage,
    ['put -p file /shared/design/', 'put -R tree /shared/design/tree', 'symlink tree /shared/design/link'],
    local,
  );
  t.is(await readFile(join(stage.design, 'tree/inner/leaf'), 'utf8'), 'leaf');
  await sftp(t, stage, ['get -R /shared got', 'get /shared/design/link/inner/leaf leaf'], local);
  t.is(await readFile(join(local, 'got/design/file'), 'utf8'), 'content');
  t.is(await readFile(join(local, 'got/design/tree/inner/leaf'), 'utf8'), 'leaf');
  t.is(await readFile(join(local, 'leaf'), 'utf8'), 'leaf');
  await sftp(t, stage, ['rename /shared/design/file /shared/design/moved', 'rm /shared/design/moved'], local);
  const [, room] = await sftp(t, stage, ['df /shared/design'], local);
  t.regex(room ?? '', /\d+ .*%/);
  const long = await sftp(t, stage, ['ls -la /', 'ls -l /shared'], local);
  t.true(
    long.some((line) => /^dr-xr-xr-x .* \/shared$/.test(line)),
    long.join('\n'),
  );
  t.true(
    long.some((line) => /^drwx------ .* \/shared\/design$/.test(line)),
    long.join('\n'),
  );
});

test('shared folders: OpenSSH sftp is refused at the borders, and nothing has changed', async (t) => {
  if (!(await needs(t, OPENSSH))) return;
  const stage = await setShared(t);
  await writeFile(join(stage.home, 'file'), 'of alice');
  await mkdir(join(stage.home, 'folder'));
  const { local } = await stage.target();
  for (const command of [
    'rename /file /shared/design/file',
    'rename /shared/design /elsewhere',
    'rename /shared /elsewhere',
    'rename /folder /shared',
    'ln /file /shared/design/file',
    'mkdir /shared/new',
    'rmdir /shared',
    'rmdir /shared/design',
    'rm /shared',
    'put /etc/hostname /shared/new',
    'symlink x /shared/new',
  ]) {
    await t.throwsAsync(sftp(t, stage, [command], local), undefined, command);
  }
  t.deepEqual((await readdir(stage.home)).sort(), ['file', 'folder']);
  t.deepEqual(await readdir(stage.design), []);
});

test('shared folders: scp copies into one, out of it, and within the server', async (t) => {
  if (!(await needs(t, OPENSSH))) return;
  const stage = await setShared(t);
  for (const flags of [[], ['-O']]) {
    const target = await stage.target();
    await mkdir(join(target.local, 'tree'));
    await writeFile(join(target.local, 'tree/leaf'), 'leaf');
    const remote = (path: string): string => `${destinationOf(target)}:${path}`;
    const scp = (...words: string[]): Promise<Buffer> =>
      runOpenssh(t, 'scp', [...flags, '-P', String(stage.server.port), ...words], { target });
    await scp('-rp', 'tree', remote('/shared/design/'));
    await scp('-r', remote('/shared'), 'got');
    t.is(await readFile(join(target.local, 'got/design/tree/leaf'), 'utf8'), 'leaf');
  }
});

test('shared folders: two users meet in one, and see nothing else of each other', async (t) => {
  const { server } = await setShared(t);
  const [alice, bob, mallory] = [
    await login(t, server, 'alice'),
    await login(t, server, 'bob'),
    await login(t, server, 'mallory'),
  ];
  const at = async (client: typeof alice, line: string, input = ''): Promise<string> => {
    const { status, stdout, stderr } = await run(client, line, input);
    return `${status} ${stdout.toString()}${stderr}`;
  };
  t.is(await at(alice, 'upload /shared/design/note', 'hello bob'), '0 ');
  t.is(await at(bob, 'cat /shared/design/note'), '0 hello bob');
  t.is(await at(bob, 'upload own', 'of bob'), '0 ');
  t.is(await at(bob, 'move own shared/design/'), '0 ');
  t.is(await at(bob, 'list /'), '0 shared\n');
  t.is(await at(alice, 'list shared/design shared'), '0 shared/design:\nnote\nown\n\nshared:\ndesign\nplans\n');
  t.regex(await at(mallory, 'list /shared'), /^1 .*No such file/);
  t.regex(await at(bob, 'list /shared/plans'), /^1 .*No such file/);
  for (const line of [
    'delete -r shared/design',
    'move shared/design x',
    'move shared /shared/plans/x',
    'move shared x',
  ]) {
    t.regex(await at(alice, line), /^1 .*(shared folder|into itself)/, line);
  }
  t.is(
    await at(alice, 'find shared'),
    '0 shared\nshared/design\nshared/design/note\nshared/design/own\nshared/plans\n',
  );
});

test('shared folders: one is there, and gone, in sessions that are open', async (t) => {
  const { server } = await setShared(t);
  const client = await connectActor(t, server, 'alice');
  const { files } = client;
  const names = async (path: string): Promise<string[]> => {
    const directory = await files.list(parsePath(path));
    const found: string[] = [];
    for (let next = await directory.read(100); next.length > 0; next = await directory.read(100)) {
      found.push(...next.map(({ name }) => name));
    }
    await directory.close();
    return found.sort();
  };
  t.deepEqual(await names('/shared'), ['design', 'plans']);
  await server.setRules(rulesFor({ design: ['alice'], late: ['alice'] }));
  await until(async () => (await names('/shared')).includes('late'));
  t.deepEqual(await names('/shared'), ['design', 'late']);
  await files.makeDirectory(parsePath('/shared/late/folder'));
  await server.setRules(rulesFor({ design: ['bob'] }));
  await until(async () => !(await names('/')).includes('shared'));
  for (const path of ['/shared', '/shared/late', '/shared/late/folder']) {
    const error = await t.throwsAsync(files.stat(parsePath(path)));
    t.true(isFileError(error, 'not-found'), String(error));
  }
  t.deepEqual(await names('/'), []);
});

for (const how of ['as it is', 'with renamexdev'] as const) {
  test(`shared folders: sshfs ${how}: programs work in one, and move over its border as they can`, async (t) => {
    if (!(await needs(t, { ...OPENSSH, sshfs: 'sshfs', fusermount3: 'fuse3' }))) return;
    const stage = await setShared(t);
    const folder = await mountHome(t, stage, how === 'with renamexdev' ? ['-o', 'workaround=renamexdev'] : []);
    if (folder === undefined) return;
    // The shell goes there by itself: started there, it would have this process wait for its own answer.
    const sh = async (script: string): Promise<string> => {
      const { status, stdout, stderr } = await runProgram(t, 'sh', ['-c', `cd ${folder} && ${script}`]);
      return `${status} ${stdout.toString()}${stderr}`;
    };
    t.is(
      await sh('stat -c "%F %a" shared; ls shared; cd shared/design && pwd'),
      `0 directory 555\ndesign\nplans\n${folder}/shared/design\n`,
    );
    t.is(
      await sh(
        'echo content > shared/design/a && cat shared/design/a && mkdir shared/design/x && mv shared/design/a shared/design/x/',
      ),
      '0 content\n',
    );
    t.is(await sh('find shared | sort'), '0 shared\nshared/design\nshared/design/x\nshared/design/x/a\nshared/plans\n');
    t.regex(await sh('rmdir shared'), /^1 /);
    t.regex(await sh('rmdir shared/plans'), /^1 /);
    t.regex(await sh('mkdir shared/new'), /^1 .*Permission denied/s);
    t.regex(await sh('df shared/design'), /^0 /);
    t.is(await sh('cp -r shared/design/x copied && cat copied/a'), '0 content\n');
    if (how === 'with renamexdev') {
      t.is(await sh('mv copied shared/plans/ && cat shared/plans/copied/a && ls'), '0 content\nshared\n');
    } else {
      // sshfs makes "Operation not permitted" of every failure that SFTP has no code for; mv does not copy then.
      t.regex(await sh('mv copied shared/plans/'), /^1 .*not permitted/s);
      t.is(await sh('cat copied/a'), '0 content\n');
    }
    t.is(await readFile(join(stage.design, 'x/a'), 'utf8'), 'content\n');
  });
}

/** Mounts alice's home until the test ends; undefined where that can't be, which passes the test over. */
async function mountHome(t: ExecutionContext, stage: Stage, flags: readonly string[]): Promise<string | undefined> {
  const target = await stage.target();
  const folder = join(target.local, 'mounted');
  await mkdir(folder);
  const ssh = opensshFlags(target).filter((flag, index, all) => flag !== '-F' && all[index - 1] !== '-F');
  const words = ['-f', '-F', '/dev/null', ...ssh, ...flags, '-o', `port=${stage.server.port}`];
  const child = spawn('sshfs', [...words, `${destinationOf(target)}:/`, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  t.teardown(async () => {
    spawn('fusermount3', ['-u', '-z', folder], { stdio: 'ignore' });
    await ended;
  });
  let isMounted = false;
  await until(async () => {
    isMounted = (await readFile('/proc/self/mounts', 'utf8')).includes(` ${folder} fuse.sshfs `);
    return isMounted || child.exitCode !== null;
  });
  if (isMounted) return folder;
  t.log(`skipped: this machine can not mount: ${said.trim()}`);
  t.pass();
  return undefined;
}

test('shared folders: lftp mirrors one, both ways', async (t) => {
  if (!(await needs(t, { ...OPENSSH, lftp: 'lftp' }))) return;
  const stage = await setShared(t);
  const target = await stage.target();
  await mkdir(join(target.local, 'tree/inner'), { recursive: true });
  await writeFile(join(target.local, 'tree/inner/leaf'), 'leaf');
  const connect = `set sftp:auto-confirm no; set sftp:connect-program "ssh -a -x ${opensshFlags(target).join(' ')}"`;
  const url = `open -u alice, -p ${stage.server.port} sftp://${stage.server.host}`;
  const lftp = (script: string): Promise<Buffer> =>
    mustRun(t, 'lftp', ['--norc', '-c', `${connect}; ${url}; ${script}`], { folder: target.local });
  await lftp('mirror -R tree /shared/design/tree');
  await lftp('mirror /shared back');
  t.is(await readFile(join(target.local, 'back/design/tree/inner/leaf'), 'utf8'), 'leaf');
  t.deepEqual(withoutDots(linesOf(await lftp('cls -1 /shared'))).sort(), ['/shared/design/', '/shared/plans/']);
});

test('shared folders: rclone moves over a border when told to copy, and tells the room', async (t) => {
  if (!(await needs(t, { rclone: 'rclone' }))) return;
  const stage = await setShared(t);
  const { login: key, local, knownHosts } = await stage.target('key');
  if (key.method !== 'key') return t.fail();
  await mkdir(join(stage.home, 'tree'));
  await writeFile(join(stage.home, 'tree/leaf'), 'leaf');
  const options = {
    host: stage.server.host,
    port: String(stage.server.port),
    user: 'alice',
    key_file: key.privateKeyFile,
    known_hosts_file: knownHosts,
    shell_type: 'unix',
  };
  const environment = Object.fromEntries([
    ['RCLONE_CONFIG', join(local, 'rclone.conf')],
    ['RCLONE_CONFIG_HOME_TYPE', 'sftp'],
    ...Object.entries(options).map(([name, value]) => [`RCLONE_CONFIG_HOME_${name.toUpperCase()}`, value]),
  ]) as Record<string, string>;
  const rclone = (...words: string[]): Promise<Buffer> => mustRun(t, 'rclone', words, { environment });
  t.deepEqual(linesOf(await rclone('lsf', 'home:/shared')).sort(), ['design/', 'plans/']);
  // It asks for a rename, and takes the refusal for the end, unless it is told to do without.
  const refusal = await t.throwsAsync(rclone('move', '--retries', '1', 'home:/tree', 'home:/shared/design/tree'));
  t.regex(refusal?.message ?? '', /between the home and a shared folder files are copied/);
  t.is(await readFile(join(stage.home, 'tree/leaf'), 'utf8'), 'leaf');
  await rclone('move', '--disable', 'Move,DirMove', 'home:/tree', 'home:/shared/design/tree');
  t.is(await readFile(join(stage.design, 'tree/leaf'), 'utf8'), 'leaf');
  await t.throwsAsync(stat(join(stage.home, 'tree/leaf')), { code: 'ENOENT' });
  t.regex((await rclone('about', 'home:/shared/design')).toString(), /Total:/);
});
