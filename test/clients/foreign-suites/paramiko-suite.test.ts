// Paramiko's tests of its SFTP client, of the version that Debian packs. Their own conftest.py starts a server of
// paramiko's; in its place stands paramiko_conftest.py.

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from '../../helpers/folder.ts';
import { setStage } from '../stage.ts';
import { checkoutOf } from './checkout.ts';
import { compare, type Verdicts } from './compare.ts';
import { SSHD_PROGRAMS, startSshd } from './own-sshd.ts';
import { PYTEST_PROGRAMS, runPytest } from './pytest.ts';

const PROGRAMS = {
  ...PYTEST_PROGRAMS,
  ...SSHD_PROGRAMS,
  '/usr/lib/python3/dist-packages/paramiko/__init__.py': 'python3-paramiko',
};

test('paramiko: what passes with OpenSSH passes with sshome', async (t) => {
  t.timeout(600_000);
  const checkout = await checkoutOf(t, 'paramiko', PROGRAMS);
  if (checkout === undefined) return;
  const sshd = await startSshd(t, await temporaryFolder(t));
  const { server, logins } = await setStage(t);
  const { privateKeyFile } = logins.key;
  const folder = await temporaryFolder(t);
  await cp(join(checkout.folder, 'tests'), join(folder, 'tests'), { recursive: true });
  await cp(inRepository('test/clients/foreign-suites/paramiko_conftest.py'), join(folder, 'tests/conftest.py'));
  const openssh = await runSuite(t, folder, sshd);
  const sshome = await runSuite(t, folder, { host: server.host, port: server.port, user: 'alice', privateKeyFile });
  await compare(t, { suite: 'paramiko: SFTP', version: checkout.version, openssh, sshome, differences: {} });
});

interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyFile: string;
}

function runSuite(t: ExecutionContext, folder: string, place: Place): Promise<Verdicts> {
  return runPytest(t, {
    folder,
    files: ['tests/test_sftp.py', 'tests/test_sftp_big.py'],
    environment: {
      SUITE_HOST: place.host,
      SUITE_PORT: String(place.port),
      SUITE_USER: place.user,
      SUITE_KEY: place.privateKeyFile,
    },
  });
}
