// rsync: needs its own program on the other side, and is told so in one line.

import { runProgram } from '../helpers/program.ts';
import { checksOf } from './client-tests.ts';
import { readTree, writeTree } from './content.ts';
import { versionLine } from './must-run.ts';
import { destinationOf, opensshFlags } from './openssh.ts';
import { setStage } from './stage.ts';

const check = checksOf({
  name: 'rsync',
  programs: { rsync: 'rsync', ssh: 'openssh-client' },
  version: (t) => versionLine(t, 'rsync', ['--version']),
});

check('is refused both ways, with one line that names sftp and rclone', async (t) => {
  const { server, target, home } = await setStage(t);
  const at = await target();
  await writeTree(at.local, { sent: 'content' });
  const flags = ['-a', '-e', ['ssh', ...opensshFlags(at), '-p', String(server.port)].join(' ')];
  const there = `${destinationOf(at)}:`;
  for (const words of [
    ['sent', there],
    [there, 'got'],
  ]) {
    const { status, stdout, stderr } = await runProgram(t, 'rsync', [...flags, ...words], { folder: at.local });
    // Its own word for a broken stream, or the server's for an unknown command: whichever it hears first.
    t.true(status === 12 || status === 127, `${status}: ${stderr}`);
    t.is(stdout.toString('utf8'), '');
    const [ours = '', ...itsOwn] = stderr.trim().split('\n');
    t.regex(ours, /^rsync: unknown command\. .*rclone.*sftp/);
    for (const line of itsOwn) t.regex(line, /^rsync(: connection unexpectedly closed| error: )/);
  }
  t.deepEqual(await readTree(home), {});
  t.deepEqual(await readTree(at.local), { sent: 'content' });
});
