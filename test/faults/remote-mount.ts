// A file system that stops answering when a test wants it to, as a network disk does that has lost its server: sshfs,
// whose sftp-server can be stopped.

import { spawnSync } from 'node:child_process';
import { mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';

const SFTP_SERVERS = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/lib/ssh/sftp-server'];
const FUSE_MAGIC = 0x65735546;
/** Nothing is answered from memory: every question goes to the sftp-server. */
const NO_CACHE = 'cache=no,entry_timeout=0,negative_timeout=0,attr_timeout=0';

export interface RemoteMount {
  /** Resolves when it answers no more. */
  stop(): Promise<void>;
  goOn(): void;
}

/**
 * Mounts at `remote`, with a file at `a/b/file`; `folder` holds what is behind it. Undefined where that can't be, which
 * passes the test over.
 */
export async function mountRemote(
  t: ExecutionContext,
  { remote, folder }: { remote: string; folder: string },
): Promise<RemoteMount | undefined> {
  const content = join(folder, 'content');
  for (const made of [remote, join(content, 'a/b')]) await mkdir(made, { recursive: true });
  await writeFile(join(content, 'a/b/file'), 'content');
  const pidFile = join(folder, 'sftp-server.pid');
  const peer = join(folder, 'peer');
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
  return {
    stop: async () => {
      process.kill(pid, 'SIGSTOP');
      // Until it is stopped it may answer.
      await until(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') T '));
    },
    goOn: () => void process.kill(pid, 'SIGCONT'),
  };
}
