// A user who looks for a way out of the home: by SFTP, by commands, by the shell and by scp. Every name and link here
// leads outside for a program that believes it.

import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runProgram } from '../helpers/program.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { str, u32, u64 } from '../sftp/bytes-of.ts';
import { sftpPeer, statusOf } from './sftp-peer.ts';
import { startVictim, survives, type Victim } from './victim.ts';

const SECRET = 'the secret of alice';
const HANDLE = 102;

/** The homes, as they are on the disk: beside mallory's there is alice's, with a secret, and one above all. */
async function grounds(t: ExecutionContext): Promise<{ victim: Victim; outside: () => Promise<string> }> {
  const victim = await startVictim(t);
  const alice = await victim.homeOf('alice');
  const mallory = await victim.homeOf('mallory');
  await writeFile(join(alice, 'secret'), SECRET);
  await mkdir(join(alice, 'folder'));
  await writeFile(join(victim.folder, 'secret'), SECRET);
  await writeFile(join(mallory, 'own'), 'own');
  await mkdir(join(mallory, 'd'));
  // Links of the host's making; those that a client makes are tried below.
  await symlink(alice, join(mallory, 'absolute'));
  await symlink('../alice', join(mallory, 'relative'));
  await symlink('../alice/secret', join(mallory, 'file'));
  await symlink('/proc/self/root', join(mallory, 'proc'));
  await symlink('/proc/self/cwd', join(mallory, 'cwd'));
  await symlink('/', join(mallory, 'root'));
  await symlink('relative/../../..', join(mallory, 'chain'));
  await symlink('loop', join(mallory, 'loop'));
  const outside = async (): Promise<string> => {
    const seen = [];
    for (const file of [join(alice, 'secret'), join(victim.folder, 'secret'), victim.credentials]) {
      const { mode, size, mtimeMs, nlink } = await stat(file);
      seen.push(file, mode, size, mtimeMs, nlink, await readFile(file, 'latin1'));
    }
    seen.push(await readdir(alice), (await stat(alice)).mode, await readdir(join(alice, 'folder')));
    seen.push(
      (await readdir(victim.folder)).sort(),
      (await readdir(victim.homes)).filter((name) => name !== 'bob'),
    );
    return JSON.stringify(seen);
  };
  return { victim, outside };
}

function ways(victim: Victim): string[] {
  const climbs = ['..', '../..', '../../..', 'd/../..', './../.', '//..//..', '../'.repeat(40), 'd/./../../d/..'];
  const links = ['absolute', 'relative', 'proc', 'cwd', 'root', 'chain', 'made', 'madeup', 'loop'];
  const names = ['secret', 'alice/secret', 'alice', 'homes/alice/secret', 'id_passwd.txt', 'etc/passwd', ''];
  const whole = [
    'file',
    '..\\alice\\secret',
    '/etc/passwd',
    '/proc/self/environ',
    '~alice/secret',
    '\0',
    '../alice/secret\0',
  ];
  whole.push(join(victim.homes, 'alice', 'secret'), victim.credentials, `/proc/self/root${victim.credentials}`);
  whole.push('%2e%2e/alice/secret', '..;/alice/secret', `${'a/'.repeat(15_000)}../secret`, `../${'x'.repeat(300)}`);
  return [...[...climbs, ...links].flatMap((start) => names.map((name) => `${start}/${name}`)), ...whole];
}

test.serial('sftp: no request by any path reads, changes or makes anything outside the home', async (t) => {
  const { victim, outside } = await grounds(t);
  const before = await outside();
  const client = await login(t, victim, 'mallory');
  const peer = await sftpPeer(client);
  // OpenSSH's order: what the link holds first, then its name.
  await peer.ask(20, str('../alice'), str('made'));
  await peer.ask(20, str(join(victim.homes, 'alice')), str('madeup'));
  const extended = (name: string, ...fields: Buffer[]): Buffer[] => [str(name), ...fields];
  let tried = 0;
  for (const path of ways(victim)) {
    const way = str(Buffer.from(path, 'latin1'));
    for (const [type, ...fields] of [
      [3, way, u32(1), u32(0)],
      [3, way, u32(2 | 8 | 16), u32(0)],
      [3, way, u32(2 | 4 | 8), u32(4), u32(0o777)],
      [11, way],
      [9, way, u32(4), u32(0o777)],
      [9, way, u32(1), u64(0)],
      [9, way, u32(8), u32(1), u32(1)],
      [14, str(Buffer.from(`${path}/made-by-mallory`, 'latin1')), u32(0)],
      [18, str('own'), str(Buffer.from(`${path}/moved`, 'latin1'))],
      [200, ...extended('hardlink@openssh.com', way, str(`hard${tried}`))],
      [200, ...extended('posix-rename@openssh.com', way, str(`stolen${tried}`))],
      [200, ...extended('check-file-name', way, str('sha256'), u64(0), u64(0), u32(0))],
      [17, way],
      [19, way],
      [16, way],
      [200, ...extended('statvfs@openssh.com', way)],
      [200, ...extended('lsetstat@openssh.com', way, u32(8), u32(1), u32(1))],
      [200, ...extended('expand-path@openssh.com', way)],
    ] as ReadonlyArray<readonly [number, ...Buffer[]]>) {
      tried += 1;
      const reply = await peer.ask(type, ...fields);
      if (reply.type !== HANDLE) continue;
      const content = type === 11 ? await peer.ask(12, reply.body) : await peer.ask(5, reply.body, u64(0), u32(1000));
      t.false(content.body.includes(SECRET), path);
      t.false(content.body.includes('root:x:'), path);
      await peer.ask(4, reply.body);
    }
    // Put back what a path that leads to the own home may have changed there.
    await peer.ask(4, (await peer.ask(3, str('own'), u32(2 | 8), u32(0))).body);
  }
  for (const { body } of peer.replies) {
    t.false(body.includes(SECRET));
    t.false(body.includes(victim.folder) && !body.includes('madeup'), body.toString('latin1'));
  }
  for (const path of ['/', '.', '', '..', 'd/..', '/.']) {
    for (const type of [13, 15]) t.not(statusOf(await peer.ask(type, str(path))), 0, `removed ${path}`);
    t.not(statusOf(await peer.ask(18, str(path), str('new'))), 0, `moved ${path}`);
  }
  t.is(await outside(), before);
  await survives(t, victim);
});

/** Command lines that would get out of the home, or run a program of the host, if a shell of the host saw them. */
function commandsAlong(path: string): string[] {
  const verbs = ['cat', 'ls -la', 'stat', 'tree', 'du', 'find', 'sha256sum', 'download', 'cd', 'rm -r', 'preview'];
  return [...verbs.map((verb) => `${verb} '${path}'`), `cp -r '${path}' .`, `mv '${path}' x`, `cp own '${path}/x'`];
}

test.serial('commands: no command by any path gets out of the home, one by one or in a shell', async (t) => {
  const { victim, outside } = await grounds(t);
  const before = await outside();
  const client = await login(t, victim, 'mallory');
  const some = ['../alice/secret', '..', 'absolute/secret', 'relative', 'file', 'proc/etc/passwd', 'root/etc', 'chain'];
  const lines = [...some, join(victim.homes, 'alice', 'secret')].flatMap(commandsAlong);
  for (const line of lines) {
    const { stdout, stderr } = await run(client, line, 'y\n');
    t.false(stdout.includes(SECRET) || stdout.includes('root:x:'), line);
    t.false(stderr.includes(victim.folder) && !line.includes(victim.folder), stderr);
  }
  const said = await new Promise<string>((resolve, reject) => {
    client.shell(false, (error, channel) => {
      if (error) return reject(error);
      let text = '';
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      channel.once('close', () => resolve(text));
      channel.stderr.resume();
      channel.end(`cd ..\ncd ../alice\ncat secret\ncat ../secret\npwd\n${lines.join('\n')}\nquit\n`);
    });
  });
  t.false(said.includes(SECRET) || said.includes('root:x:'));
  t.is(await outside(), before);
  await survives(t, victim);
});

test.serial('scp: neither side of it gets out of the home', async (t) => {
  // Would go wrong: the path on the command line, or the name in a record that the client sends, leads outside.
  const { victim, outside } = await grounds(t);
  const before = await outside();
  const client = await login(t, victim, 'mallory');
  const paths = ['../alice', '..', 'absolute', 'relative', 'proc/tmp', 'root', join(victim.homes, 'alice'), '/etc'];
  for (const path of paths) {
    for (const options of ['-f', '-rpf']) {
      for (const one of [path, `${path}/secret`, `${path}/*`, `${path}/passwd`]) {
        const { stdout } = await run(client, `scp ${options} '${one}'`, '\0\0\0\0\0\0\0\0');
        t.false(stdout.includes(SECRET) || stdout.includes('root:x:'), one);
      }
    }
    const records = [
      'C0644 3 x\nabc\0',
      'C0644 3 ../x\nabc\0',
      'C0644 3 ../alice/secret\nabc\0',
      'C0644 3 file\nabc\0',
      'D0755 0 ..\nC0644 3 x\nabc\0E\n',
      'D0755 0 relative\nC0644 3 secret\nabc\0E\n',
      `C0644 3 ${join(victim.homes, 'alice', 'secret')}\nabc\0`,
      'E\nE\nC0644 3 x\nabc\0',
      'C7777 3 set\nabc\0',
      'C0644 18446744073709551615 x\nabc',
      'C0644 -1 x\nabc\0',
    ];
    for (const record of records) await run(client, `scp -r -t '${path}'`, record);
  }
  t.is(await outside(), before);
  await survives(t, victim);
});

test.serial('commands: nothing of the host runs, whatever a shell of the host would make of the line', async (t) => {
  const { victim, outside } = await grounds(t);
  const before = await outside();
  const canary = join(victim.folder, 'canary');
  const client = await login(t, victim, 'mallory');
  const touch = `touch ${canary}`;
  const lines = [
    ...['id', '/bin/sh', 'sh -c id', 'bash -i', 'node -e 1', 'python3', 'rsync --server . .', 'sudo id', touch],
    ...[`; ${touch}`, `&& ${touch}`, `| ${touch}`, `$(${touch})`, `\`${touch}\``, `ls;${touch}`, `ls\n${touch}`],
    ...[`ls > ${canary}`, `ls >> ${canary}`, `ls < /etc/passwd`, `cat <(${touch})`, `ls & ${touch}`, `!${touch}`],
    ...[`echo $(id) > ${canary}`, `ls '$(${touch})'`, `cat "\`${touch}\`"`, `echo $HOME`, `eval ${touch}`],
    ...[`scp -t '$(${touch})'`, `scp -f '; ${touch}'`, `scp -t . ; ${touch}`, `scp -S ${touch} -t .`, `scp -oX -f .`],
    ...[
      `internal-sftp`,
      `/usr/lib/openssh/sftp-server`,
      `-c id`,
      '',
      ' ',
      '\0',
      'ls\0id',
      '"',
      "'",
      '\\',
      'x'.repeat(30_000),
    ],
  ];
  for (const line of lines) {
    const { stdout, stderr } = await run(client, line, '\0');
    t.false(/uid=\d|root:x:/.test(stdout.toString('latin1') + stderr), line);
  }
  t.is(await outside(), before);
  await survives(t, victim);
});

test.serial('FIFOs: nobody waits for one, and nobody else either', async (t) => {
  // Would go wrong: each open of a FIFO takes one of the four threads that all file operations of all users share.
  const { victim } = await grounds(t);
  const mallory = await victim.homeOf('mallory');
  for (const name of ['fifo', 'd/fifo']) {
    t.is((await runProgram(t, 'mkfifo', [join(mallory, name)])).status, 0);
  }
  const client = await login(t, victim, 'mallory');
  const peer = await sftpPeer(client);
  const flags = [1, 2, 3, 2 | 8, 2 | 8 | 16, 2 | 4, 2 | 8 | 32];
  for (let round = 0; round < 8; round += 1) {
    for (const flag of flags) peer.send(3, str('fifo'), u32(flag), u32(0));
    peer.send(200, str('check-file-name'), str('fifo'), str('sha256'), u64(0), u64(0), u32(0));
    peer.send(9, str('fifo'), u32(1), u64(0));
  }
  await peer.has(8 * (flags.length + 2));
  t.false(peer.replies.some(({ type }) => type === HANDLE));
  const lines = [
    'cat fifo',
    'download fifo',
    'cp fifo x',
    'cp own fifo',
    'cp -r d e',
    'sha256sum fifo',
    'preview fifo',
  ];
  lines.push('scp -f fifo', 'scp -r -f d', 'upload fifo', 'ls -l fifo', 'stat fifo', 'find .', 'du', 'tree');
  await Promise.all(lines.slice(0, 8).map((line) => run(client, line, 'x')));
  for (const line of lines.slice(8)) await run(client, line, '\0\0\0\0');
  await survives(t, victim);
});

test.serial('devices: a device and a socket in the home are no files, by any request', async (t) => {
  // Would go wrong: whoever finds a device node in the home reads the memory or the disk of the host through it, or a
  // socket speaks to a service of the host.
  const { victim } = await grounds(t);
  const mallory = await victim.homeOf('mallory');
  const service = createServer((socket) => t.fail(`a service was spoken to by ${socket.remoteAddress}`));
  await new Promise<void>((resolve) => service.listen(join(mallory, 'socket'), resolve));
  t.teardown(() => service.close());
  const names = ['socket'];
  if (process.getuid?.() === 0) {
    const nodes: ReadonlyArray<readonly [name: string, ...kind: string[]]> = [
      ['zero', 'c', '1', '5'],
      ['null', 'c', '1', '3'],
      ['memory', 'c', '1', '1'],
      ['disk', 'b', '7', '0'],
    ];
    for (const [name, ...kind] of nodes) {
      const { status, stderr } = await runProgram(t, 'mknod', [join(mallory, name), ...kind]);
      if (status === 0) names.push(name);
      else t.log(`without ${name}: ${stderr.trim()}`);
    }
  } else {
    t.log('without devices: only root may make them');
  }
  const client = await login(t, victim, 'mallory');
  const peer = await sftpPeer(client);
  for (const name of names) {
    for (const flags of [1, 2, 3, 2 | 8, 2 | 8 | 16, 2 | 4]) {
      t.not((await peer.ask(3, str(name), u32(flags), u32(0))).type, HANDLE, `${name} with ${flags}`);
    }
    t.not((await peer.ask(11, str(name))).type, HANDLE);
    t.not(statusOf(await peer.ask(9, str(name), u32(1), u64(0))), 0, `${name} cut`);
    t.is(statusOf(await peer.ask(200, str('check-file-name'), str(name), str('sha256'), u64(0), u64(0), u32(0))), 3);
    // It may be looked at, and that tells what it is.
    t.is((await peer.ask(17, str(name))).type, 105);
    for (const line of [`cat ${name}`, `download ${name}`, `cp ${name} copy`, `cp own ${name}`, `sha256sum ${name}`]) {
      t.not((await run(client, line)).status, 0, line);
    }
    t.not((await run(client, `upload ${name}`, 'x')).status, 0);
    const { stdout } = await run(client, `scp -f ${name}`, '\0\0\0');
    t.is(stdout[0], 1, 'scp tells an error');
  }
  await survives(t, victim, 60);
});
