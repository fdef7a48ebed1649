import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { needs, runProgram } from '../helpers/program.ts';

const LINES = [
  // To be found, each with its address.
  '2026-11-22T15:07:24.825Z warn session.refused sessionId=0ef508497d address=192.0.2.1 user=root method=password reason=unknown-user',
  '2026-11-22T15:07:24.825Z warn session.refused sessionId=0ef508497d address=2001:db8::1 user="a b" method=password reason=wrong-password',
  '2026-11-22T15:07:24.825Z warn a source is turned away address=192.0.2.3 source=192.0.2.3 offence=authfail seconds=15',
  // What a client writes about another address must not get that one banned.
  '2026-11-22T15:07:24.825Z warn session.refused sessionId=0ef508497d address=192.0.2.4 user="x address=198.51.100.9 user=y" method=password reason=wrong-password',
  // Not to be found.
  '2026-11-22T15:07:24.825Z warn session.refused sessionId=0ef508497d address=192.0.2.5 user=alice method=publickey reason=unknown-key',
  '2026-11-22T15:07:24.825Z info session.login sessionId=0ef508497d address=192.0.2.6 user=alice method=password client=OpenSSH_9.2p1',
  '2026-11-22T15:07:24.825Z warn file.download user=alice address=192.0.2.7 sessionId=s face=sftp path="/x session.refused sessionId=0 address=198.51.100.8 user=a method=b reason=malformed" durationMs=1 outcome=permission-denied',
];

test('fail2ban: the filter finds refused logins by their address, and cannot be misled', async (t) => {
  if (!(await needs(t, { 'fail2ban-regex': 'fail2ban' }))) return;
  const log = join(await temporaryFolder(t), 'log');
  await writeFile(log, `${LINES.join('\n')}\n`);
  const filter = inRepository('contrib/fail2ban/filter.d/sshome.conf');
  const { status, stdout, stderr } = await runProgram(t, 'fail2ban-regex', ['-o', 'ip', log, filter]);
  t.is(status, 0, stderr);
  t.deepEqual(stdout.toString('utf8').trim().split('\n').sort(), [
    '192.0.2.1',
    '192.0.2.3',
    '192.0.2.4',
    '2001:db8::1',
  ]);
});
