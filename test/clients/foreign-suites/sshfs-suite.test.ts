// sshfs's own tests, with the sshfs of this machine. They mount "localhost:/tmp/...": an `ssh` that stands before the
// real one in PATH brings them to the server that is meant.

import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../helpers/folder.ts';
import { checkoutOf } from './checkout.ts';
import { compare, type Verdicts } from './compare.ts';
import { PYTEST_PROGRAMS, runPytest } from './pytest.ts';
import { startWholeMachine, WHOLE_MACHINE_PROGRAMS } from './whole-machine.ts';

const OWN_SERVER = '/usr/lib/openssh/sftp-server';
const SSHFS = '/usr/bin/sshfs';
const PROGRAMS = {
  ...PYTEST_PROGRAMS,
  ...WHOLE_MACHINE_PROGRAMS,
  [SSHFS]: 'sshfs',
  fusermount3: 'fuse3',
  '/dev/fuse': 'fuse3',
  [OWN_SERVER]: 'openssh-sftp-server',
};

test('sshfs: what passes with sftp-server passes with sshome', async (t) => {
  t.timeout(900_000);
  const checkout = await checkoutOf(t, 'sshfs', PROGRAMS);
  if (checkout === undefined) return;
  const { commands, records } = await startWholeMachine(t);
  const before = await records();
  const openssh = await runSuite(t, checkout.folder, OWN_SERVER);
  const sshome = await runSuite(t, checkout.folder, commands.sftpServer);
  t.true((await records()) > before, 'no session came by: the tests ran against something else');
  await compare(t, { suite: 'sshfs', version: checkout.version, openssh, sshome, differences: {} });
});

async function runSuite(t: ExecutionContext, checkout: string, sftpServer: string): Promise<Verdicts> {
  const folder = await temporaryFolder(t);
  await cp(join(checkout, 'test'), join(folder, 'test'), { recursive: true });
  // They look for what was built beside them.
  await symlink(SSHFS, join(folder, 'sshfs'));
  await mkdir(join(folder, 'bin'));
  // First they run a command, to see whether they get in at all.
  const ssh = `#!/bin/sh\nfor word; do last=$word; done\n[ "$last" = sftp ] || exit 0\nexec ${sftpServer}\n`;
  await writeFile(join(folder, 'bin/ssh'), ssh, { mode: 0o755 });
  return runPytest(t, {
    folder,
    files: ['test/test_sshfs.py'],
    environment: { PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}` },
  });
}
