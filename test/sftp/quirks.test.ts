import { readFile } from 'node:fs/promises';
import test from 'ava';
import { QUIRK_NAMES, type Quirks, quirksOf } from '../../src/sftp/quirks.ts';
import { inRepository } from '../helpers/folder.ts';
import { str, u32 } from './bytes-of.ts';
import { connect, describe } from './raw-client.ts';

test.beforeEach((t) => t.timeout(20_000));

const NONE: Quirks = { sendsLinkFirst: false, readsTimesSigned: false };

for (const [client, quirks] of [
  ['WinSCP_release_6.3.5', { sendsLinkFirst: true, readsTimesSigned: true }],
  ['libssh_0.10.6', { ...NONE, sendsLinkFirst: true }],
  ['libssh-0.5.2', { ...NONE, sendsLinkFirst: true }],
  ['AsyncSSH_2.14.2', { ...NONE, sendsLinkFirst: true }],
  ['ssh2js1.17.0', { ...NONE, sendsLinkFirst: true }],
  ['JSCH-0.1.55', { ...NONE, readsTimesSigned: true }],
  ['JSCH_0.2.18', NONE],
  ['OpenSSH_9.2p1 Debian-2+deb12u3', NONE],
  ['OpenSSH_for_Windows_9.5', NONE],
  ['dropbear_2022.83', NONE],
  ['paramiko_3.4.0', NONE],
  ['libssh2_1.11.0', NONE],
  ['Go', NONE],
  ['rclone/v1.66.0', NONE],
  ['APACHE-SSHD-2.12.0', NONE],
  ['Renci.SshNet.SshClient.0.0.1', NONE],
  ['phpseclib_3.0 (openssl, gmp)', NONE],
  ['PuTTY_Release_0.80', NONE],
  ['not libssh_1', NONE],
  ['', NONE],
] as const) {
  test(`quirks: those of "${client}"`, (t) => {
    t.deepEqual(quirksOf(client), quirks);
  });
}

// Each quirk below shows the bytes that the client sends or reads, and what would come of them without it.

/** libssh's `sftp_symlink(sftp, "../target", "/link")`, to a server that does not call itself OpenSSH. */
test('quirks: sendsLinkFirst makes the link that libssh asks for', async (t) => {
  const asked = [str('/link'), str('../target')];
  const libssh = await connect(t, { client: 'libssh_0.10.6' });
  t.is(describe(await libssh.ask(20, ...asked)), 'OK');
  t.is(libssh.files.nodes.get('/link')?.content.toString(), '../target');
  const unknown = await connect(t, { client: 'unknown' });
  t.is(describe(await unknown.ask(20, ...asked)), 'OK');
  t.deepEqual([unknown.files.nodes.has('/link'), unknown.files.nodes.has('/target')], [false, true]);
});

/** WinSCP 6.3, SftpFileSystem.cpp: the 32 bits are cast to `signed long` for every server of version 3. */
test('quirks: readsTimesSigned shows WinSCP the nearest time, not one before 1970', async (t) => {
  const inTheYear = (year: number): number => Date.UTC(year, 0, 1);
  const shownYear = async (client: string, year: number): Promise<number> => {
    const session = await connect(t, { client });
    session.files.put('/f');
    Object.assign(session.files.nodes.get('/f') ?? {}, { modifiedMs: inTheYear(year) });
    const { body } = await session.ask(17, str('/f'));
    const signedSeconds = body.readInt32BE(body.length - 4);
    return new Date(signedSeconds * 1000).getUTCFullYear();
  };
  t.is(await shownYear('WinSCP_release_6.3.5', 2040), 2038);
  t.is(await shownYear('WinSCP_release_6.3.5', 1960), 1960);
  t.is(await shownYear('unknown', 2040), 1903);
});

/** WinSCP sends times as it shows them, but without the sign: they are read as every client's. */
test('quirks: readsTimesSigned changes nothing of the times that are set', async (t) => {
  const client = await connect(t, { client: 'WinSCP_release_6.3.5' });
  client.files.put('/f');
  t.is(describe(await client.ask(9, str('/f'), u32(8), u32(0x80000000), u32(0x80000000))), 'OK');
  t.is(client.files.nodes.get('/f')?.modifiedMs, 0x80000000 * 1000);
});

test('quirks: the documentation lists each of them, and no other', async (t) => {
  const text = await readFile(inRepository('docs/protocol.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith('7. Quirks'));
  t.deepEqual(
    [...(section ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name),
    QUIRK_NAMES,
  );
});
