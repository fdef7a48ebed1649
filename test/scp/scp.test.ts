import { PassThrough } from 'node:stream';
import test from 'ava';
import { FileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { runScp } from '../../src/scp/scp.ts';
import { expandLine } from '../../src/shell/expand-line.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { createHome, type Home } from '../shell/fixtures.ts';

interface Transfer {
  readonly status: number;
  readonly sent: Buffer;
}

/** Plays a whole peer: sends `script` at once, ends, and collects what is sent. */
async function play(home: Home, line: string, script: string | Uint8Array): Promise<Transfer> {
  const input = new PassThrough();
  const output = new PassThrough();
  const chunks: Buffer[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  input.end(script);
  const terminal = { input, output, errorOutput: output, signal: new AbortController().signal };
  const status = await runScp(line, { files: home.files, terminal, log: createTestLog(), expandLine });
  return { status, sent: Buffer.concat(chunks) };
}

test('sink: receives files, folders and times, and answers each step', async (t) => {
  const home = createHome();
  const script = 'T1 0 2 0\nD0755 0 dir\nT3 0 4 0\nC0640 5 a\nhello\0C0644 0 empty\n\0E\nC0600 1 b\nx\0';
  const { status, sent } = await play(home, 'scp -rpt .', script);
  t.is(status, 0);
  t.deepEqual(
    [...sent],
    Array.from(sent, () => 0),
  );
  t.is((await home.read('dir/a')).toString(), 'hello');
  t.is((await home.read('b')).toString(), 'x');
  t.deepEqual(await home.names('dir'), ['a', 'empty']);
  const file = await home.files.stat(parsePath('dir/a'));
  t.deepEqual([file.mode & 0o777, file.modifiedMs, file.accessedMs], [0o640, 3000, 4000]);
  t.is((await home.files.stat(parsePath('dir'))).modifiedMs, 1000);
});

test('sink: writes to a name that is not there, into a folder that is, and makes a longer file shorter', async (t) => {
  const home = createHome();
  await home.write('dir/old', 'something long');
  t.is((await play(home, 'scp -t new', 'C0644 1 ignored\nx\0')).status, 0);
  t.is((await play(home, 'scp -t dir', 'C0644 3 old\nabc\0')).status, 0);
  t.is((await home.read('new')).toString(), 'x');
  t.is((await home.read('dir/old')).toString(), 'abc');
});

/*
 * What was wrong: a new file that nobody may write had its owner's write bit all the same, as no other server leaves it.
 * How it was reached: `scp -O` of a file of mode 0444.
 * What this verifies: a new one has the mode that was sent, less what the umask took; one that was there keeps its own.
 */
test('sink: a file that nobody may write has no write bit when it is whole', async (t) => {
  const home = createHome();
  const modeOf = async (path: string): Promise<number> => (await home.files.stat(parsePath(path))).mode & 0o777;
  t.is((await play(home, 'scp -t .', 'C0444 1 new\nx\0')).status, 0);
  t.is(await modeOf('new'), 0o444);
  await home.write('old', 'old');
  const before = await modeOf('old');
  t.is((await play(home, 'scp -t .', 'C0444 1 old\nx\0')).status, 0);
  t.is(await modeOf('old'), before);
  t.is((await play(home, 'scp -t .', 'C0400 9 broken\nx')).status, 1);
  t.is(await modeOf('broken'), 0o600);
  t.is((await play(home, 'scp -pt .', 'C0404 1 old\nx\0')).status, 0);
  t.is(await modeOf('old'), 0o404);
});

/** Files that may be sent to and not looked at. */
function dropBox(home: Home): Home {
  const denied = (path: string): Promise<never> => Promise.reject(new FileError('permission-denied', { path }));
  return { ...home, files: { ...home.files, stat: denied, lstat: denied, list: denied } };
}

test('sink: sends into a drop box: to a name, into a folder that is there, and into one that it makes', async (t) => {
  const home = createHome();
  await home.write('dir/old', 'x');
  const box = dropBox(home);
  for (const [line, script] of [
    ['scp -t new', 'C0644 1 ignored\nx\0'],
    ['scp -td dir', 'C0644 1 a\nx\0C0644 1 b\nx\0'],
    ['scp -rt dir', 'D0755 0 dir\nC0644 1 c\nx\0E\n'],
    ['scp -rtd .', 'D0755 0 dir\nC0644 1 d\nx\0E\nD0755 0 made\nC0644 1 e\nx\0E\n'],
  ] as const) {
    const { status, sent } = await play(box, line, script);
    t.is(status, 0, `${line}: ${sent}`);
  }
  t.deepEqual(await home.names('/'), ['dir', 'made', 'new']);
  t.deepEqual(await home.names('dir'), ['a', 'b', 'c', 'd', 'old']);
  t.is((await play(box, 'scp -td new', 'C0644 1 a\nx\0')).status, 1);
});

for (const name of ['..', '.', '../x', '/etc/x', 'a/b', '', 'nul\0']) {
  test(`sink: a hostile name ends the transfer: ${JSON.stringify(name)}`, async (t) => {
    const home = createHome();
    const { status, sent } = await play(home, 'scp -rt .', `C0644 1 ${name}\nx\0`);
    t.is(status, 1);
    t.regex(sent.toString(), /^\0\x02scp: protocol error: /);
    t.deepEqual(await home.names('/'), []);
  });
}

test('sink: -d needs a folder', async (t) => {
  const home = createHome();
  await home.write('file', '');
  for (const target of ['file', 'nowhere']) {
    const { status, sent } = await play(home, `scp -d -t ${target}`, '');
    t.is(status, 1);
    t.true(sent.toString().startsWith(`\x01scp: ${target}: N`), sent.toString());
  }
});

test('sink: a folder without -r, an end without a folder, and two targets are refused', async (t) => {
  for (const [line, script] of [
    ['scp -t .', 'D0755 0 dir\nE\n'],
    ['scp -rt .', 'E\n'],
    ['scp -t a b', ''],
    ['scp -S sh -t x', ''],
    ["scp -t 'a", ''],
    ['scp -t a; id', ''],
  ] as const) {
    const { status, sent } = await play(createHome(), line, script);
    t.is(status, 1, line);
    t.regex(sent.toString(), /\x02scp: /, line);
  }
});

test('sink: a folder whose mode and times can not be set is told at its end, in step, and the next file is taken', async (t) => {
  const home = createHome();
  const setAttributes = (path: string): Promise<never> =>
    Promise.reject(new FileError('permission-denied', { path: parsePath(path) }));
  const box = { ...home, files: { ...home.files, setAttributes } };
  const { status, sent } = await play(box, 'scp -rpt .', 'D0700 0 made\nC0644 1 a\nx\0E\nC0644 1 b\ny\0');
  t.is(status, 0, 'the mode is there already');
  t.is((await play(box, 'scp -rpt .', 'T1 0 2 0\nD0700 0 timed\nE\nC0644 1 c\nz\0')).status, 1);
  const refused = await play(box, 'scp -rpt .', 'D0500 0 other\nC0644 1 a\nx\0E\nC0644 1 d\nz\0');
  // One answer to each of: the start, the folder, the file, its content, the folder's end, the file, its content.
  t.is(refused.sent.toString(), '\0\0\0\0\x01scp: /other: Permission denied\n\0\0');
  t.is(sent.toString(), '\0'.repeat(7));
  for (const name of ['b', 'c', 'd']) t.true((await home.names('/')).includes(name), name);
});

test('sink: a file that can not be written is told, and the next is taken', async (t) => {
  const home = createHome();
  await home.write('dir/x', '');
  // What a sender does when its record was refused: it leaves the content out.
  const { status, sent } = await play(home, 'scp -t .', 'C0644 5 dir\nC0644 1 next\ny\0');
  t.is(status, 1);
  t.is(sent.toString(), '\0\x01scp: /dir: Is a directory\n\0\0');
  t.is((await home.read('next')).toString(), 'y');
});

test('sink: an error on the other side is no success, what arrived stays when the peer goes away', async (t) => {
  const home = createHome();
  t.is((await play(home, 'scp -t .', '\x01scp: gone: No such file\nC0644 1 a\nx\0')).status, 1);
  t.is((await home.read('a')).toString(), 'x');
  t.is((await play(home, 'scp -t .', 'C0644 10 b\nhalf')).status, 1);
  t.is((await home.read('b')).toString(), 'half');
  t.is((await play(home, 'scp -t .', 'C0644 1 c\nx\x01scp: read error\n')).status, 1);
});

test('sink: a disk that is full is told after the content, in step', async (t) => {
  const home = createHome();
  await home.write('filler', Buffer.alloc(64 * 1024 * 1024 - 100));
  const script = Buffer.concat([
    Buffer.from('C0644 1000 big\n'),
    Buffer.alloc(1000),
    Buffer.from('\0C0644 1 small\nx\0'),
  ]);
  const { status, sent } = await play(home, 'scp -t .', script);
  t.is(status, 1);
  t.is(sent.toString(), '\0\0\x01scp: /big: No space left on device\n\0\0');
});

/*
 * What was wrong: a file that could not be written was never closed. How it was reached: any write that failed, as on a
 * full disk: the close was left out like all that follows a failure. What this verifies: after such a transfer nothing
 * is open.
 */
test('sink: a file that can not be written is closed', async (t) => {
  const home = createHome();
  await home.write('filler', Buffer.alloc(64 * 1024 * 1024 - 100));
  const ended: Array<boolean | undefined> = [];
  const files: Home['files'] = {
    ...home.files,
    open: async (path, options) => {
      const file = await home.files.open(path, options);
      const close = file.close.bind(file);
      return Object.assign(file, {
        close: (how?: { abandon?: boolean }) => {
          ended.push(how?.abandon);
          return close(how);
        },
      });
    },
  };
  const script = Buffer.concat([Buffer.from('C0644 1000 big\n'), Buffer.alloc(1001)]);
  t.is((await play({ ...home, files }, 'scp -t .', script)).status, 1);
  t.deepEqual(ended, [true]);
});

test('sink: a control line without an end is given up', async (t) => {
  const { status, sent } = await play(createHome(), 'scp -t .', 'C'.repeat(1_000_000));
  t.is(status, 1);
  t.is(sent.toString(), '\0\x02scp: protocol error: control line is too long\n');
});

const OKS = Buffer.alloc(1000);

test('source: sends files with times and modes', async (t) => {
  const home = createHome();
  await home.write('a', 'hello');
  await home.files.setAttributes(parsePath('a'), { mode: 0o600, times: { accessedMs: 2000, modifiedMs: 1000 } });
  const { status, sent } = await play(home, 'scp -p -f a', OKS);
  t.is(status, 0);
  t.is(sent.toString(), 'T1 0 2 0\nC0600 5 a\nhello\0');
});

test('source: sends folders with -r, and patterns as they are expanded', async (t) => {
  const home = createHome();
  await home.write('dir/sub/x', '1');
  await home.write('dir/y', '22');
  await home.files.setAttributes(parsePath('dir'), { mode: 0o755 });
  const folder = await play(home, 'scp -r -f dir/', OKS);
  t.is(folder.status, 0);
  t.regex(folder.sent.toString(), /^D0755 0 dir\n(D0\d{3} 0 sub\nC0\d{3} 1 x\n1\0E\n|C0\d{3} 2 y\n22\0){2}E\n$/);
  const pattern = await play(home, 'scp -f dir/*', OKS);
  t.is(pattern.status, 1, 'dir/sub is a folder');
  t.regex(pattern.sent.toString(), /^\x01scp: \/dir\/sub: not a regular file\nC0\d{3} 2 y\n22\0$/);
});

test('source: says what is missing and goes on; nothing leads out of the home', async (t) => {
  const home = createHome();
  await home.write('b', 'x');
  const { status, sent } = await play(home, 'scp -f nope ../../../etc/passwd b', OKS);
  t.is(status, 1);
  t.regex(sent.toString(), /^\x01scp: nope: No such.*\n\x01scp: .*passwd: No such.*\nC0\d{3} 1 b\nx\0$/);
});

test('source: a peer that refuses a file gets the next, one that gives up gets no more', async (t) => {
  const home = createHome();
  await home.write('a', 'A');
  await home.write('b', 'B');
  const refused = await play(home, 'scp -f a b', '\0\x01no\n\0\0\0');
  t.is(refused.status, 1);
  t.regex(refused.sent.toString(), /^C0\d{3} 1 a\nC0\d{3} 1 b\nB\0$/);
  const ended = await play(home, 'scp -f a b', '\0\x02no\n');
  t.is(ended.status, 1);
  t.false(ended.sent.toString().includes('1 b'));
});

test('source: a link that leads to a folder above itself comes to an end', async (t) => {
  const home = createHome();
  await home.files.makeDirectory(parsePath('loop'));
  await home.files.makeLink(parsePath('loop/again'), '.');
  const { status } = await play(home, 'scp -r -f loop', Buffer.alloc(100_000));
  t.is(status, 1);
});

test('scp: a peer that is gone ends it', async (t) => {
  const gone = new AbortController();
  const streams = { input: new PassThrough(), output: new PassThrough(), errorOutput: new PassThrough() };
  const terminal = { ...streams, signal: gone.signal };
  const running = runScp('scp -t .', { files: createHome().files, terminal, log: createTestLog(), expandLine });
  gone.abort();
  t.is(await running, 1);
});

/**
 * What was wrong: the end of a folder was not sent when its names could not be read to their end, and the peer put what came
 * next into that folder.
 * How reached: a disk that fails, or a role that is narrowed, while `scp -r` reads a folder.
 * What this verifies: the peer is told what went wrong, then of the end of the folder, and gets the next where it belongs.
 */
test('source: a folder that can not be read to its end is ended all the same', async (t) => {
  const home = createHome();
  await home.write('dir/a', 'A');
  await home.write('next', 'N');
  const files: Home['files'] = {
    ...home.files,
    list: async (path) => {
      const folder = await home.files.list(path);
      let reads = 0;
      const read = async (count: number): ReturnType<typeof folder.read> => {
        reads += 1;
        if (reads === 1) return folder.read(count);
        throw new FileError('io-error', { path });
      };
      return { ...folder, read, close: () => folder.close() };
    },
  };
  const { status, sent } = await play({ ...home, files }, 'scp -r -f dir next', OKS);
  t.is(status, 1);
  t.regex(sent.toString(), /^D0\d{3} 0 dir\n\x01scp: \/dir: [^\n]+\nE\nC0\d{3} 1 next\nN\0$/);
});

/**
 * What was wrong: a file whose mode or times could not be set was given up after all of it had come: an atomic upload, and
 * one where there is a quota, left the old file.
 * How reached: `scp -p` over a file, by whoever may replace it and not change its mode, as an editor.
 * What this verifies: the content is kept, and what could not be set is told; a mode that is there already is not set.
 */
test('sink: a file whose mode or times can not be set is kept, and that is told', async (t) => {
  const home = createHome();
  const ended: Array<boolean | undefined> = [];
  const files: Home['files'] = {
    ...home.files,
    open: async (path, options) => {
      const file = await home.files.open(path, options);
      const close = file.close.bind(file);
      const setAttributes = (): Promise<never> => Promise.reject(new FileError('permission-denied', { path }));
      return Object.assign(file, {
        setAttributes,
        close: (how?: { abandon?: boolean }) => {
          ended.push(how?.abandon);
          return close(how);
        },
      });
    },
  };
  const script = 'C0600 1 a\nx\0C0640 1 a\ny\0T1 0 2 0\nC0600 1 a\nz\0';
  const { status, sent } = await play({ ...home, files }, 'scp -pt a', script);
  t.is(status, 1);
  t.is(sent.toString(), '\0\0\0\0\x01scp: /a: Permission denied\n\0\0\x01scp: /a: Permission denied\n');
  t.deepEqual(ended, [false, false, false]);
  t.is((await home.read('a')).toString(), 'z');
});

/**
 * What was wrong: a file sent to `new/`, where there is no such folder, became a file of that name.
 * How reached: `scp -O file host:new/`; OpenSSH's server says that it can't be, as open(2) does.
 * What this verifies: it is told, in step, and nothing is made; a folder is made there, as by OpenSSH, and into a drop box a
 * file goes.
 */
test('sink: a name that ends with a slash is that of a folder', async (t) => {
  const home = createHome();
  await home.write('file', 'old');
  for (const target of ['new/', 'new/.', 'file/']) {
    const { status, sent } = await play(home, `scp -t ${target}`, 'C0644 1 a\n');
    t.is(status, 1, target);
    t.regex(sent.toString(), /^\0\x01scp: \/(new|file): .*\n$/, target);
  }
  t.deepEqual(await home.names('/'), ['file']);
  t.is((await home.read('file')).toString(), 'old');
  t.is((await play(home, 'scp -rt new/', 'D0755 0 dir\nC0644 1 a\nx\0E\n')).status, 0);
  t.deepEqual(await home.names('new'), ['a']);
  t.is((await play(dropBox(home), 'scp -t new/', 'C0644 1 b\nx\0')).status, 0);
  t.deepEqual(await home.names('new'), ['a', 'b']);
});

/**
 * What was wrong: lines that ask for nothing were read one after the other for as long as there were any, and nobody else in
 * the process had a turn: 2 MiB of them, which may be on their way at any time, took seconds.
 * How reached: a peer that sends errors, or times, and no files.
 * What this verifies: everything else has its turns meanwhile.
 */
test('sink: whoever sends lines without end does not have the process alone', async (t) => {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const { status } = await play(createHome(), 'scp -t .', '\x01\n'.repeat(50_000));
  isOver = true;
  t.is(status, 1);
  t.true(turns >= 400, `${turns} turns`);
});
