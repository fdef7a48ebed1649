// borg: needs its own program on the other side, and is told so instead of hanging.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  // What borg is told is kept: it shows the line only if it reads that before it notices that the connection has ended.
  const told = join(at.local, 'told');
  const rsh = join(at.local, 'rsh');
  await writeFile(rsh, `exec ssh ${opensshFlags(at).join(' ')} "$@" 2>'${told}'\n`);
  const words = ['init', '--encryption=none', `ssh://${destinationOf(at)}:${server.port}/./backups`];
  const { status } = await runProgram(t, 'borg', words, {
    environment: { BORG_RSH: `sh ${rsh}`, BORG_BASE_DIR: at.local },
  });
  t.is(status, 2);
  t.regex(await readFile(told, 'utf8'), /restic, rclone and duplicity back up to it over SFTP/);
  t.deepEqual(await readTree(home), {});
});
