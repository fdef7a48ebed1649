// OpenSSH's own regress/sftp*.sh and scp*.sh, from Debian's package openssh-tests, run as they are. They are told other
// programs to start: TEST_SSH_SFTPSERVER, TEST_SSH_SCP and TEST_SSH_SSH (README.regress).

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../helpers/folder.ts';
import { needs, runProgram } from '../../helpers/program.ts';
import { isFull } from '../driver.ts';
import { compare, type Verdict, type Verdicts } from './compare.ts';
import { prepareSshd } from './own-sshd.ts';
import { type Commands, startWholeMachine, WHOLE_MACHINE_PROGRAMS } from './whole-machine.ts';

const INSTALLED = '/usr/lib/openssh/regress';
const PROGRAMS = {
  ...WHOLE_MACHINE_PROGRAMS,
  [join(INSTALLED, 'test-exec.sh')]: 'openssh-tests',
  '/usr/sbin/sshd': 'openssh-server',
};
const OWN: Commands = { sftpServer: '/usr/lib/openssh/sftp-server', ssh: 'ssh', scp: 'scp' };

/** Left out: sftp-perm is of sftp-server's flags -p and -P, sftp-chroot of sshd's ChrootDirectory. */
const QUICK = ['sftp-batch', 'sftp-badcmds', 'scp-uri'];
const ALL = [...QUICK, 'sftp', 'sftp-cmds', 'sftp-glob', 'sftp-uri', 'scp', 'scp3'];

/** Some scripts start an sshd beside; any free port does. */
const PORTS = { openssh: '24242', sshome: '24243' };

test('openssh-tests: what passes with sftp-server passes with sshome', async (t) => {
  t.timeout((isFull ? 900 : 120) * 1000);
  if (!(await needs(t, PROGRAMS))) return;
  await prepareSshd();
  const { commands, records } = await startWholeMachine(t);
  const before = await records();
  const openssh: Record<string, Verdict> = {};
  const sshome: Record<string, Verdict> = {};
  for (const script of isFull ? ALL : QUICK) {
    Object.assign(openssh, await runScript(t, script, OWN, PORTS.openssh));
    Object.assign(sshome, await runScript(t, script, commands, PORTS.sshome));
  }
  t.true((await records()) > before, 'no session came by: the scripts ran against something else');
  const query = await runProgram(t, 'dpkg-query', ['-W', 'openssh-tests']);
  const version = query.stdout.toString('utf8').trim().replace('\t', ' ');
  await compare(t, { suite: 'OpenSSH regress: sftp, scp', version, openssh, sshome, differences: {} });
});

/** The verdicts of one script: of each check that it announces, and of the whole. */
async function runScript(t: ExecutionContext, script: string, commands: Commands, port: string): Promise<Verdicts> {
  // The scripts work in the folder they lie in.
  const folder = join(await temporaryFolder(t), 'regress');
  await cp(INSTALLED, folder, { recursive: true });
  const words = [join(folder, 'test-exec.sh'), folder, join(folder, `${script}.sh`)];
  const { status, stdout, stderr } = await runProgram(t, 'sh', words, {
    folder,
    environment: {
      TEST_SHELL: 'sh',
      TEST_SSH_UNSAFE_PERMISSIONS: '1',
      TEST_SSH_PORT: port,
      TEST_SSH_SFTPSERVER: commands.sftpServer,
      TEST_SSH_SSH: commands.ssh,
      TEST_SSH_SCP: commands.scp,
    },
  });
  const lines = stdout.toString('utf8').split('\n');
  if (status !== 0) t.log(`${script}: ${commands.sftpServer}\n${lines.slice(-20).join('\n')}\n${stderr.slice(-2000)}`);
  const verdicts: Record<string, Verdict> = { [script]: status === 0 ? 'passed' : 'failed' };
  // Checks announce themselves as "tid: what", and a failure is a line after that.
  let current: string | undefined;
  for (const line of lines) {
    if (/^(?:test )?s(?:cp|ftp)[^:/]*: /.test(line)) {
      current = `${script}: ${line.replaceAll(folder, '')}`;
      verdicts[current] = 'passed';
    } else if (current !== undefined && / (?:failed|differ|corrupt|succeeded)|^corrupted|^failed/.test(line)) {
      verdicts[current] = 'failed';
    }
  }
  return verdicts;
}
