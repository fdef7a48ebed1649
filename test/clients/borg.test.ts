// borg: needs its own program on the other side, and is told so instead of hanging.

import { runProgram } from '../helpers/program.ts';
import { checksOf } from './client-tests.ts';
import { readTree } from './content.ts';
import { versionLine } from './must-run.ts';
import { destinationOf, opensshFlags } from './openssh.ts';
import { setStage } from './stage.ts';

const check = checksOf({
  name: 'borg',
  programs: { borg: 'borgbackup', ssh: 'openssh-client' },
  version: (t) => versionLine(t, 'borg', ['--version']),
});

check('is refused, with a line that names what works instead', async (t) => {
  const { server, target, home } = await setStage(t);
  const at = await target();
  const words = ['init', '--encryption=none', `ssh://${destinationOf(at)}:${server.port}/./backups`];
  const { status, stderr } = await runProgram(t, 'borg', words, {
    environment: { BORG_RSH: `ssh ${opensshFlags(at).join(' ')}`, BORG_BASE_DIR: at.local },
  });
  t.is(status, 2);
  t.regex(stderr, /Remote: .*restic, rclone and duplicity back up to it over SFTP/);
  t.deepEqual(await readTree(home), {});
});
