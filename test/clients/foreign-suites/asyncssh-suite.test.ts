// AsyncSSH's tests of its SFTP and SCP clients, of the version that Debian packs. They start servers of their own;
// asyncssh_conftest.py puts one that runs already in the place of the plain ones, and says what it leaves out.

import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from '../../helpers/folder.ts';
import { checkoutOf } from './checkout.ts';
import { compare, type Verdicts } from './compare.ts';
import { PYTEST_PROGRAMS, runPytest } from './pytest.ts';
import { mayBeRoot, type Place, startUserMachine, USER_MACHINE_PROGRAMS, type UserMachine } from './user-machine.ts';

const PROGRAMS = {
  ...PYTEST_PROGRAMS,
  ...USER_MACHINE_PROGRAMS,
  '/usr/lib/python3/dist-packages/asyncssh/__init__.py': 'python3-asyncssh',
};

const DIFFERENCES: Readonly<Record<string, string>> = {
  'tests/test_sftp.py::_TestSFTP::test_chmod': 'sshome never sets set-user-id bits (docs/protocol.md, section 2.2)',
};

test('asyncssh: what passes with OpenSSH passes with sshome', async (t) => {
  t.timeout(900_000);
  const checkout = await checkoutOf(t, 'asyncssh', PROGRAMS);
  if (checkout === undefined || !mayBeRoot(t)) return;
  const machine = await startUserMachine(t);
  const before = await machine.records();
  const openssh = await runSuite(t, checkout.folder, machine, machine.openssh);
  const sshome = await runSuite(t, checkout.folder, machine, machine.sshome);
  t.true((await machine.records()) > before, 'no session came by: the tests ran against something else');
  await compare(t, {
    suite: 'asyncssh: SFTP, SCP',
    version: checkout.version,
    openssh,
    sshome,
    differences: DIFFERENCES,
  });
});

async function runSuite(t: ExecutionContext, checkout: string, machine: UserMachine, place: Place): Promise<Verdicts> {
  const folder = await temporaryFolder(t);
  await cp(join(checkout, 'tests'), join(folder, 'tests'), { recursive: true });
  await cp(inRepository('test/clients/foreign-suites/asyncssh_conftest.py'), join(folder, 'tests/conftest.py'));
  await writeFile(join(folder, 'host_key.pub'), place.hostKey);
  return runPytest(t, {
    folder,
    files: ['tests/test_sftp.py'],
    inside: machine.inside,
    environment: {
      SUITE_HOST: place.host,
      SUITE_PORT: String(place.port),
      SUITE_USER: machine.user,
      SUITE_KEY: machine.keyFile,
      SUITE_HOST_KEY: join(folder, 'host_key.pub'),
      SUITE_HOME: place.home,
    },
  });
}
