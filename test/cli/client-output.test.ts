// What the client's commands print, without a connection: bars, listings, previews, messages.

import test from 'ava';
import { describeFailure, exitCodeOf, failureAsJson } from '../../src/cli/failure.ts';
import { expandGlob } from '../../src/cli/glob.ts';
import { remoteSide } from '../../src/cli/glob-sides.ts';
import { inColumns, longListing, visibleEntries } from '../../src/cli/listing.ts';
import { listPaths } from '../../src/cli/listing-command.ts';
import { previewLines } from '../../src/cli/preview.ts';
import { createProgressBar, line } from '../../src/cli/progress.ts';
import { formatBytes, formatSeconds } from '../../src/cli/sizes.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import type { Client } from '../../src/client/client.ts';
import { ConnectionError } from '../../src/client/connection-error.ts';
import type { Attributes, Entry } from '../../src/model/entry.ts';
import { FileError } from '../../src/model/error.ts';
import { ROOT } from '../../src/model/path.ts';

const file: Attributes = {
  kind: 'file',
  mode: 0o100644,
  sizeBytes: 1234,
  uid: 0,
  gid: 0,
  linkCount: 1,
  accessedMs: 0,
  modifiedMs: new Date(2026, 10, 22, 14, 5).getTime(),
};

test('sizes: bytes and seconds for people', (t) => {
  t.deepEqual([0, 999, 1000, 1536, 5 * 1024 ** 2, 3 * 1024 ** 4].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 KiB',
    '1.5 KiB',
    '5.0 MiB',
    '3.0 TiB',
  ]);
  t.deepEqual([0, 6.2, 754, 3723].map(formatSeconds), ['0:00', '0:07', '12:34', '1:02:03']);
});

test('progress: a line has share, bar, bytes, rate and the time that is left', (t) => {
  const shown = line({ name: 'a.bin', bytes: 512 * 1024, totalBytes: 1024 ** 2, rate: 256 * 1024, columns: 100 });
  t.is(shown, 'a.bin   50% [==========          ]  512.0 KiB  256.0 KiB/s  0:02 left');
  t.is(line({ name: 'a', bytes: 10, totalBytes: undefined, rate: undefined, columns: 80 }), 'a  10 B');
  t.true(line({ name: 'empty', bytes: 0, totalBytes: 0, rate: 0, columns: 80 }).includes('100%'));
});

test('progress: a long or hostile name keeps the line within the terminal', (t) => {
  const shown = line({ name: `${'漢'.repeat(80)}\u001b[2J\n`, bytes: 1, totalBytes: 2, rate: 1, columns: 80 });
  t.true(shown.length <= 80);
  t.false(/[\u001b\n]/.test(line({ name: '\u001b\n', bytes: 1, totalBytes: 2, rate: 1, columns: 80 })));
});

test('progress: the bar is drawn seldom, counts only what was moved, and goes away', (t) => {
  const written: string[] = [];
  let time = 0;
  const output = { columns: 120, write: (text: string) => written.push(text) };
  const bar = createProgressBar({ output, now: () => time });
  bar.update({ path: '/a', bytes: 500_000, totalBytes: 1_000_000 });
  time = 50;
  bar.update({ path: '/a', bytes: 550_000, totalBytes: 1_000_000 });
  time = 1000;
  bar.update({ path: '/a', bytes: 600_000, totalBytes: 1_000_000 });
  t.is(written.length, 2);
  // Resumed at half: 100,000 bytes in one second.
  t.true(written[1]?.includes(`${formatBytes(100_000)}/s`), written[1]);
  bar.clear();
  t.is(written.at(-1), '\r\x1b[K');
});

test('listing: long lines, columns, hidden names', (t) => {
  const entries: Entry[] = [
    { name: 'b\u001b[31m', attributes: file },
    { name: 'a', attributes: { ...file, kind: 'directory', mode: 0o040755, sizeBytes: 4 } },
    { name: '.hidden', attributes: file },
  ];
  t.deepEqual(longListing(visibleEntries(entries, false)), [
    'drwxr-xr-x     4  2026-11-22 14:05  a/',
    '-rw-r--r--  1234  2026-11-22 14:05  b\\x1b[31m',
  ]);
  t.is(visibleEntries(entries, true).length, 3);
  t.deepEqual(inColumns(['a', 'bb', 'ccc', 'd', 'e'], 15), ['a    ccc  e', 'bb   d']);
  t.deepEqual(inColumns([], 80), []);
});

test('preview: text is shown as text, anything else as a hex dump, nothing raw', (t) => {
  t.deepEqual(previewLines(Buffer.from('one\ttwo\r\nthree\n')), ['one\ttwo', 'three']);
  t.deepEqual(previewLines(Buffer.from('')), []);
  // Cut in the middle of a character.
  t.is(previewLines(Buffer.from('grün').subarray(0, 3)).length, 1);
  t.deepEqual(previewLines(Buffer.from('\u001b]0;evil\u0007hello')), [
    '00000000  1b 5d 30 3b 65 76 69 6c 07 68 65 6c 6c 6f        |.]0;evil.hello|',
  ]);
  t.deepEqual(previewLines(Buffer.from('a\u202eb')), ['a\\u{202e}b']);
});

test('failure: messages name the file and are safe to show, statuses tell kinds apart', (t) => {
  t.is(describeFailure(new FileError('not-found', { path: '/a\u001b' })), '/a\\x1b: No such file or directory');
  const lost = new ConnectionError('lost', 'host port 22: Connection lost');
  t.is(describeFailure(new FileError('closed', { path: '/a', cause: lost })), lost.message);
  t.regex(describeFailure(new ConnectionError('host-key-unknown', 'who?')), /--accept-new/);
  t.deepEqual(
    [
      new FileError('not-found'),
      new FileError('closed'),
      new FileError('cancelled'),
      lost,
      new UsageError('no'),
      new ConnectionError('cancelled', ''),
      new Error('x'),
    ].map(exitCodeOf),
    [1, 255, 130, 255, 2, 130, 1],
  );
  t.deepEqual(failureAsJson(new FileError('busy', { path: '/a' })), {
    code: 'busy',
    message: '/a: Device or resource busy',
  });
});

/*
 * What was wrong: a folder of more than some 120,000 entries could not be listed ("Maximum call stack size exceeded"), for
 * all entries were passed as arguments of one call; in columns a terminal waited minutes, for each row looked at all names.
 * How it was reached: `sshome list` and `list -l` of a large folder.
 * What this verifies: 300,000 entries are listed in each form.
 */
test('listing: a large folder is listed in every form', async (t) => {
  const attributes = { kind: 'file', mode: 0o100644, sizeBytes: 12, modifiedMs: 0 } as Attributes;
  const entries = Array.from({ length: 300_000 }, (_, index): Entry => ({ name: `file${index}`, attributes }));
  const client = {
    list: async () => entries,
    files: { lstat: async () => ({ ...attributes, kind: 'directory' }) },
  } as unknown as Client;
  for (const [long, json, columns] of [
    [false, false, undefined],
    [true, false, undefined],
    [false, true, undefined],
    [false, false, 80],
  ] as const) {
    const lines = await listPaths({ client, base: ROOT }, [''], { long, json, all: false, columns });
    t.is(lines.length, columns === undefined ? entries.length : entries.length / 6);
  }
});

// WHAT WAS WRONG: names with "/" that a server sends were taken for what a pattern stands for, so that `*` could bring a
// file with a name that `*` does not match: the kind of CVE-2019-6111.
// HOW IT IS REACHED: `sshome download 'host:*' .` in a home, from a hostile server that has "a/.bashrc".
// THIS VERIFIES that a pattern stands for single names alone.
test('glob: a server cannot send what the pattern does not match', async (t) => {
  const names = ['ok', 'a/.bashrc', '../b', '..', '/etc/c', ''];
  const client = {
    list: async () => names.map((name) => ({ name })),
    files: {
      lstat: async (path: string) => {
        if (path.includes('*')) throw new FileError('not-found', { path });
        return {};
      },
    },
  } as unknown as Client;
  t.deepEqual(await expandGlob('*', remoteSide(client, ROOT)), ['ok']);
});
