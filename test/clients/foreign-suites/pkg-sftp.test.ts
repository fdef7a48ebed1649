// The tests of Go's pkg/sftp, from Debian's package golang-github-pkg-sftp-dev, with its integration tests pointed at
// sshome by their own flag -sftp.

import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from '../../helpers/folder.ts';
import { needs, runProgram } from '../../helpers/program.ts';
import { isFull } from '../driver.ts';
import { GO_ENVIRONMENT, PKG_SFTP_PACKAGES } from '../programs/go.ts';
import { compare, type Verdict, type Verdicts } from './compare.ts';
import { startWholeMachine, WHOLE_MACHINE_PROGRAMS } from './whole-machine.ts';

const SOURCES = '/usr/share/gocode/src/github.com/pkg/sftp';
const OWN_SERVER = '/usr/lib/openssh/sftp-server';
const PROGRAMS = {
  ...WHOLE_MACHINE_PROGRAMS,
  ...PKG_SFTP_PACKAGES,
  '/usr/share/gocode/src/github.com/stretchr/testify/require/require.go': 'golang-github-stretchr-testify-dev',
  [OWN_SERVER]: 'openssh-sftp-server',
};

const STARTS_ELSEWHERE =
  'it expects the session to begin in the folder where it started the server; here it is the home';
const SPECIAL_FILE = 'it reads /dev/zero; sshome opens regular files only (docs/protocol.md, section 2)';
const DIFFERENCES: Readonly<Record<string, string>> = {
  TestClientGetwd: STARTS_ELSEWHERE,
  TestClientWalk: STARTS_ELSEWHERE,
  TestGlob: STARTS_ELSEWHERE,
  TestClientSetuid: 'sshome never sets set-user-id bits (docs/protocol.md, section 2.2)',
  TestServerRoughDisconnect: SPECIAL_FILE,
  TestServerRoughDisconnect2: SPECIAL_FILE,
  TestServerRoughDisconnect3: SPECIAL_FILE,
  TestServerRoughDisconnect4: SPECIAL_FILE,
  TestServerRoughDisconnectEOF: SPECIAL_FILE,
  TestClientWriteToROFile: SPECIAL_FILE,
};

const VERDICTS = { PASS: 'passed', FAIL: 'failed', SKIP: 'skipped' } as const;

test('pkg/sftp: what passes with sftp-server passes with sshome', async (t) => {
  t.timeout(600_000);
  if (!isFull) {
    t.log('passed over: it takes a minute, and runs with the large sizes');
    t.pass();
    return;
  }
  if (!(await needs(t, PROGRAMS))) return;
  const { commands, records } = await startWholeMachine(t);
  const program = await compile(t);
  const before = await records();
  const openssh = await runTests(t, program, OWN_SERVER);
  const sshome = await runTests(t, program, commands.sftpServer);
  t.true((await records()) > before, 'no session came by: the tests ran against something else');
  const query = await runProgram(t, 'dpkg-query', ['-W', 'golang-github-pkg-sftp-dev']);
  const version = query.stdout.toString('utf8').trim().replace('\t', ' ');
  await compare(t, { suite: 'Go pkg/sftp', version, openssh, sshome, differences: DIFFERENCES });
});

async function compile(t: ExecutionContext): Promise<string> {
  const program = inRepository('build/programs/pkg-sftp.test');
  await mkdir(inRepository('build/programs'), { recursive: true });
  const { status, stderr } = await runProgram(t, 'go', ['test', '-c', '-o', program, '.'], {
    folder: SOURCES,
    environment: GO_ENVIRONMENT,
  });
  t.is(status, 0, stderr);
  return program;
}

async function runTests(t: ExecutionContext, program: string, sftpServer: string): Promise<Verdicts> {
  // Its tests of globs want the folder to be called so.
  const folder = join(await temporaryFolder(t), 'sftp');
  await cp(SOURCES, folder, { recursive: true });
  const words = ['-integration', '-sftp', sftpServer, '-test.v', '-test.timeout', '300s'];
  const { stdout } = await runProgram(t, program, words, { folder });
  const verdicts: Record<string, Verdict> = {};
  for (const [, word, name] of stdout.toString('utf8').matchAll(/^\s*--- (PASS|FAIL|SKIP): (\S+)/gm)) {
    if (name !== undefined) verdicts[name] = VERDICTS[word as keyof typeof VERDICTS];
  }
  return verdicts;
}
