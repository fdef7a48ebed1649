// What an attacker writes into the log: through every text that is his.

import { readFile } from 'node:fs/promises';
import test from 'ava';
import { login, refusedLogin, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { str, u32 } from '../sftp/bytes-of.ts';
import { plainPeer } from './plain-peer.ts';
import { sftpPeer } from './sftp-peer.ts';
import { startVictim, survives } from './victim.ts';

const FORGED = '{"event":"session.login","user":"root","forged":true}';
const TEXTS = [
  `x\n${FORGED}`,
  `x\r\n${FORGED}\r\n`,
  `x","event":"session.login","user":"root","forged":true,"y":"`,
  `x\u2028${FORGED}`,
  `x\x85${FORGED}`,
  'x\x1b[2K\x1b[1A\x1b]0;title\x07',
  '\u202e\u0000\x9b31m',
  `alice from 192.0.2.1 port 22 ssh2\n2026-01-01T00:00:00.000Z warn session.refused user=root address=192.0.2.1`,
];

test.serial(
  'log: names, commands, files and software of an attacker stay within their field of one line',
  async (t) => {
    // Would go wrong: a login that never was stands in the log, a source that did nothing is banned by fail2ban, or the
    // terminal of the administrator who reads the log obeys a stranger.
    const victim = await startVictim(t, { 'log-level': 'debug' });
    for (const text of TEXTS) {
      await refusedLogin(victim, { username: text, password: 'x' });
      const peer = plainPeer(victim, { identification: `SSH-2.0-${text.replaceAll(/[\r\n]/g, ' ')}\r\n` });
      await peer.until(20);
      peer.socket.destroy();
      const garbage = plainPeer(victim, { identification: `${text}\r\n\r\n` });
      garbage.socket.end('\0'.repeat(100));
      await garbage.closed;
    }
    const client = await login(t, victim, 'mallory');
    const peer = await sftpPeer(client);
    for (const text of TEXTS) {
      await run(client, text);
      await run(client, `cat '${text}'`);
      await run(client, `mkdir '${text}'`);
      await run(client, `scp -f '${text}'`);
      await run(client, 'scp -t .', `C0644 1 ${text}\nx\0`);
      for (const [type, ...rest] of [
        [3, u32(2 | 8), u32(0)],
        [14, u32(0)],
        [13],
        [17],
        [20, str(text)],
        [18, str(text)],
      ] as const) {
        await peer.ask(type, str(text.replaceAll('\0', '')), ...rest);
      }
      await peer.ask(200, str(text));
    }
    client.end();
    await until(async () => (await victim.records()).some((one) => one['user'] === 'mallory' && 'reason' in one));
    // Reading them parses each line.
    const records = await victim.records();
    t.false(records.some((record) => 'forged' in record || record['user'] === 'root'));
    const logins = records.filter(({ event }) => event === 'session.login').map(({ user }) => user);
    t.deepEqual(
      logins.filter((user) => user !== 'bob'),
      ['mallory'],
    );
    for (const record of records) {
      t.is(typeof record['timestamp'], 'string');
    }
    const shown = victim.errors();
    t.notRegex(shown, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
    for (const line of shown.split('\n').filter((one) => one !== '')) {
      t.regex(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z (?:error|warn|info|debug) /);
    }
    t.notRegex(await readFile(victim.logFile, 'latin1'), /[\x00-\x09\x0b-\x1f\x7f]/);
    await survives(t, victim);
  },
);
