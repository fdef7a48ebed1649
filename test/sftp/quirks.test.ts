import test from 'ava';
import { sendsLinkFirst } from '../../src/sftp/quirks.ts';

for (const client of ['WinSCP_release_6.3.5', 'libssh_0.10.6', 'libssh-0.5.2', 'AsyncSSH_2.14.2', 'ssh2js1.17.0']) {
  test(`quirks: ${client} sends the link first`, (t) => {
    t.true(sendsLinkFirst(client));
  });
}

for (const client of [
  'OpenSSH_9.2p1 Debian-2+deb12u3',
  'OpenSSH_for_Windows_9.5',
  'dropbear_2022.83',
  'paramiko_3.4.0',
  'libssh2_1.11.0',
  'Go',
  'rclone/v1.66.0',
  'JSCH-0.1.55',
  'Renci.SshNet.SshClient.0.0.1',
  'phpseclib_3.0 (openssl, gmp)',
  'PuTTY_Release_0.80',
  'not libssh_1',
  '',
]) {
  test(`quirks: "${client}" sends the target first`, (t) => {
    t.false(sendsLinkFirst(client));
  });
}
