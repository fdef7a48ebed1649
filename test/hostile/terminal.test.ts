// A user who means harm at a terminal: names that are commands to the terminal of whoever lists them, and sizes, keys and
// requests that no terminal sends.

import { mkdir, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { Client, ClientChannel, PseudoTtyOptions } from 'ssh2';
import { login } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { str, u8, u32 } from '../sftp/bytes-of.ts';
import { pressed, say, socketOf } from './liar.ts';
import { MESSAGE, message } from './plain-peer.ts';
import { startVictim, survives } from './victim.ts';

interface Screen {
  readonly channel: ClientChannel;
  /** Everything the server has sent so far, a byte a character. */
  text(): string;
  readonly closed: Promise<void>;
}

function shell(t: ExecutionContext, client: Client, pty: PseudoTtyOptions | false): Promise<Screen> {
  return new Promise((resolve, reject) => {
    client.shell(pty, (error, channel) => {
      if (error) return reject(error);
      let text = '';
      const hear = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
      };
      channel.on('data', hear);
      channel.stderr.on('data', hear);
      channel.on('error', (problem: Error) => t.log(problem.message));
      resolve({ channel, text: () => text, closed: new Promise((done) => channel.once('close', () => done())) });
    });
  });
}

const idOf = (channel: ClientChannel): Buffer => u32((channel as unknown as { outgoing: { id: number } }).outgoing.id);

const EVIL = [
  '\x1b]0;title\x07',
  '\x1b[31mEVIL',
  '\x1b[2J\x1b[H',
  '\x1bPq#0\x1b\\',
  'a\rB',
  'a\nB',
  'a\bB',
  '\x07bell',
  '\x9b31mC1',
  '\u009b31mC1',
  '\u202egnp.exe',
  '\x0eshifted',
];

test.serial('names: what is a command to a terminal is shown, never sent', async (t) => {
  // Would go wrong: a name changes the title, clears the screen, hides lines, or types for whoever lists it.
  const victim = await startVictim(t);
  const home = Buffer.from(`${await victim.homeOf('mallory')}/`);
  for (const name of EVIL) {
    await writeFile(Buffer.concat([home, Buffer.from(name, name === '\x9b31mC1' ? 'latin1' : 'utf8')]), name);
  }
  await mkdir(Buffer.concat([home, Buffer.from('d\x1b]0;folder\x07')]));
  const client = await login(t, victim, 'mallory');
  const screen = await shell(t, client, { cols: 200, rows: 0, term: 'xterm' });
  const lines = ['ls', 'ls -la', 'find .', 'tree', 'du', 'stat *', 'sha256sum *', 'cd d*', 'pwd', 'ls ..', 'cd ..'];
  lines.push('rm missing*', 'cp * missing', 'mv a* missing', 'mkdir *', 'rmdir *', 'cat d*', 'preview *', 'whoami');
  for (const line of lines) screen.channel.write(`${line}\r`);
  // Completion: twice TAB lists what there is, once takes what fits.
  screen.channel.write('cat \t\t\x15cat a\t\t\x15cat d\t\x15quit\r');
  await screen.closed;
  const text = screen.text();
  t.true(text.includes('EVIL'), 'the names were shown');
  t.notRegex(text, /\x1b\]|\x1bP|\x1b\[31mEVIL|\x1b\[2J\x1b\[H|\x07title|\x9b31m|\x0e|\xe2\x80\xae/);
  t.notRegex(text, /\x1b(?!\[[0-9;?]*[A-Za-z])/, 'an escape that is none of the line editor');
  await survives(t, victim);
});

test.serial('sizes: terminals of 2^32 - 1 by 2^32 - 1 and of nothing are served, and cost no memory', async (t) => {
  // Would go wrong: lines are filled with four thousand million spaces, or cut into pieces of nothing for ever.
  const victim = await startVictim(t);
  await writeFile(`${await victim.homeOf('mallory')}/file`, 'content\n'.repeat(1000));
  const client = await login(t, victim, 'mallory');
  const huge = 2 ** 32 - 1;
  for (const [cols, rows] of [
    [huge, huge],
    [0, 0],
    [1, 1],
    [2 ** 31, 1],
    [1, 2 ** 31],
    [huge, 0],
    [4097, 4096],
  ]) {
    const screen = await shell(t, client, {
      cols: cols ?? 0,
      rows: rows ?? 0,
      width: huge,
      height: huge,
      term: 'x'.repeat(10_000),
    });
    screen.channel.write('ls -l\rhelp ls\rq\x03cat file\rq\x03\x15quit\rq\x03\x15quit\r');
    await screen.closed;
    t.true(screen.text().length < 2 * 1024 * 1024, `${cols} x ${rows}`);
  }
  await survives(t, victim);
});

test.serial('requests: twenty thousand changes of size and five thousand variables change nothing', async (t) => {
  const victim = await startVictim(t);
  const client = await login(t, victim, 'mallory');
  const screen = await shell(t, client, { cols: 80, rows: 24, term: 'xterm' });
  const id = idOf(screen.channel);
  for (let change = 0; change < 20_000; change += 1) {
    say(
      client,
      message(MESSAGE.channelRequest, id, str('window-change'), u8(0), u32(change * 7919), u32(change), u32(0), u32(0)),
    );
  }
  for (let variable = 0; variable < 5000; variable += 1) {
    const fields = [str('env'), u8(variable % 2), str(`V${variable}`), str('x'.repeat(1000))];
    say(client, message(MESSAGE.channelRequest, id, ...fields));
  }
  for (const name of ['LD_PRELOAD', 'NODE_OPTIONS', 'PATH', '__proto__', '']) {
    say(client, message(MESSAGE.channelRequest, id, str('env'), u8(0), str(name), str('/tmp/evil.so')));
  }
  screen.channel.write('whoami\rquit\r');
  await screen.closed;
  t.true(screen.text().includes('mallory\r\n'));
  t.false(/evil|NODE_OPTIONS/.test(screen.text()));
  await survives(t, victim);
});

test.serial('requests: those that are twice, unknown or cut off end their own connection at most', async (t) => {
  const victim = await startVictim(t);
  const id = u32(0);
  const second = [
    message(MESSAGE.channelRequest, id, str('shell'), u8(0)),
    message(MESSAGE.channelRequest, id, str('exec'), u8(0), str('id')),
    message(MESSAGE.channelRequest, id, str('subsystem'), u8(0), str('sftp')),
  ];
  const hostile = [
    message(MESSAGE.channelRequest, id, str('pty-req'), u8(0), str('x'), u32(1), u32(1), u32(1), u32(1), str('\x80')),
    message(MESSAGE.channelRequest, id, str('auth-agent-req@openssh.com'), u8(0)),
    message(MESSAGE.channelRequest, id, str('x11-req'), u8(0), u8(0), str('MIT'), str('00'), u32(0)),
    message(MESSAGE.channelRequest, id, str('signal'), u8(0), str('KILL')),
    message(MESSAGE.channelRequest, id, str('exit-status'), u8(0), u32(0)),
    message(MESSAGE.channelRequest, id, str('x'.repeat(30_000)), u8(0)),
  ];
  // A second program on a channel (RFC 4254, section 6.5) may end its connection, and gets no other.
  for (const one of [...second, ...hostile]) {
    const other = await login(t, victim, 'mallory');
    const { channel, text } = await shell(t, other, false);
    say(other, Buffer.concat([one.subarray(0, 1), idOf(channel), one.subarray(5)]));
    await pressed(socketOf(other));
    t.notRegex(text(), /uid=/);
    other.destroy();
  }
  // One that is cut off may end its connection, and no other.
  for (const one of [...second, ...hostile]) {
    const other = await login(t, victim, 'mallory');
    const { channel } = await shell(t, other, false);
    say(other, message(MESSAGE.channelRequest, idOf(channel), one.subarray(5, Math.max(5, one.length - 3))));
    await pressed(socketOf(other));
    other.destroy();
  }
  await survives(t, victim);
});

for (const pty of [false, { cols: 80, rows: 24, term: 'xterm' }] as const) {
  test.serial(`line: a megabyte without an end, ${pty === false ? 'from a pipe' : 'typed'}, is given up`, async (t) => {
    // Would go wrong: a line is kept until it ends, and drawn anew with each key.
    const victim = await startVictim(t);
    const client = await login(t, victim, 'mallory');
    const screen = await shell(t, client, pty);
    screen.channel.write('x'.repeat(1024 * 1024));
    screen.channel.write(pty === false ? '\nwhoami\nquit\n' : '\x15\x03whoami\rquit\r');
    await until(() => screen.text().includes('mallory') && /mallory\r?\n/.test(screen.text()), 60_000);
    await survives(t, victim);
    client.destroy();
    await survives(t, victim);
  });
}

test.serial('output: what nobody reads of a shell is not kept', async (t) => {
  const victim = await startVictim(t);
  await writeFile(`${await victim.homeOf('mallory')}/big`, 'a line of text\n'.repeat(700_000));
  const client = await login(t, victim, 'mallory');
  const { channel } = await shell(t, client, false);
  socketOf(client).pause();
  for (let line = 0; line < 50_000; line += 1) channel.write('cat big\n');
  await pressed(socketOf(client));
  await survives(t, victim);
});
