// A file system inside of a home that stops answering, as a network disk does that has lost its server: sshfs, whose
// sftp-server is stopped. The calls that meet it stand still, the walk to a folder among them; nobody else does.
// Was wrong: the walk was synchronous wherever it led, so one path into such a mount held up the whole process.

import { spawnSync } from 'node:child_process';
import { mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { get, type ServerUnderTest, startUnderTest, worksFor } from './server-under-test.ts';

const SFTP_SERVERS = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/lib/ssh/sftp-server'];
const FUSE_MAGIC = 0x65735546;
/** Nothing is answered from memory: every question goes to the sftp-server. */
const NO_CACHE = 'cache=no,entry_timeout=0,negative_timeout=0,attr_timeout=0';

/** More than one user may have under way at a time. */
const CALLS = 30;

/** Mounts a folder at `remote` in alice's home; resolves to the sftp-server's process. Undefined where that can't be. */
async function mountRemote(t: ExecutionContext, server: ServerUnderTest): Promise<number | undefined> {
  const [remote, content] = [join(await server.homeOf('alice'), 'remote'), join(server.folder, 'content')];
  for (const folder of [remote, join(content, 'a/b')]) await mkdir(folder, { recursive: true });
  await writeFile(join(content, 'a/b/file'), 'content');
  const pidFile = join(server.folder, 'sftp-server.pid');
  const peer = join(server.folder, 'peer');
  const tries = SFTP_SERVERS.map((program) => `[ -x ${program} ] && exec ${program}`);
  await writeFile(peer, ['#!/bin/sh', `echo $$ > ${pidFile}`, ...tries, 'exit 1', ''].join('\n'), { mode: 0o755 });
  const mounted = await runProgram(t, 'sshfs', [
    '-o',
    `ssh_command=${peer},${NO_CACHE}`,
    `peer:${content}`,
    remote,
  ]).catch((error: Error) => ({ status: null, stderr: error.message }));
  if (mounted.status !== 0) {
    t.log(`passed over: no sshfs can be mounted here: ${mounted.stderr.trim()}`);
    t.pass();
    return undefined;
  }
  const pid = Number(await readFile(pidFile, 'utf8'));
  t.teardown(() => {
    // Without its peer sshfs ends, and whoever waits for it is told so.
    process.kill(pid, 'SIGKILL');
    spawnSync('umount', ['-l', remote]);
  });
  t.is((await statfs(remote)).type, FUSE_MAGIC);
  return pid;
}

for (const walk of ['auto', 'async'] as const) {
  test(`hung mount: --walk ${walk}: while paths into it stand still, all other sessions work; then all is done`, async (t) => {
    t.timeout(90_000);
    const server = await startUnderTest(t, { settings: { walk } });
    const peer = await mountRemote(t, server);
    if (peer === undefined) return;
    const [hung, other, bob] = [
      await server.connect('alice'),
      await server.connect('alice'),
      await server.connect('bob'),
    ];
    const file = parsePath('/remote/a/b/file');
    const opened = [await hung.files.open(file, { read: true }), await hung.files.open(file, { read: true })] as const;

    process.kill(peer, 'SIGSTOP');
    // Until it is stopped it may answer.
    await until(async () => (await readFile(`/proc/${peer}/stat`, 'utf8')).includes(') T '));
    let ended = 0;
    const calls = [
      // Every call that was synchronous once: the walk, fstat of what was found and opened, the size after a read, close.
      opened[0].read(Buffer.alloc(100), 0),
      opened[1].close(),
      get(hung.files, '/remote/a/b/file'),
      hung.files.list(parsePath('/remote')).then((directory) => directory.close()),
      ...Array.from({ length: CALLS }, () => hung.files.stat(file)),
    ].map(async (call) => {
      await call;
      ended += 1;
    });
    for (let round = 0; round < 3; round += 1) {
      await worksFor(t, bob, `honest-${round}`);
      await worksFor(t, other, `honest-${round}`);
    }
    await worksFor(t, await server.connect('mallory'));
    await worksFor(t, await server.connect('alice'), 'later');
    t.is(ended, 0, 'they do stand still');

    process.kill(peer, 'SIGCONT');
    await Promise.all(calls);
    await opened[0].close();
    t.is((await get(hung.files, '/remote/a/b/file')).toString(), 'content');
  });
}
