import test from 'ava';
import type { Attributes } from '../../src/model/entry.ts';
import { longname, type OwnerNames } from '../../src/sftp/longname.ts';

const NOW = new Date(2026, 10, 22, 12, 0, 0).getTime();
const DAY = 24 * 60 * 60 * 1000;
const HALF_YEAR = 182.5 * DAY;
const owners: OwnerNames = { user: (uid) => (uid === 0 ? 'markus' : String(uid)), group: (gid) => String(gid) };

const file: Attributes = {
  kind: 'file',
  mode: 0o100644,
  sizeBytes: 1024,
  uid: 0,
  gid: 100,
  linkCount: 5,
  accessedMs: NOW,
  modifiedMs: new Date(2026, 9, 3, 18, 39).getTime(),
};
const line = (name: string, changes: Partial<Attributes> = {}): string =>
  longname(name, { ...file, ...changes }, owners, NOW);

test('longname: a line is what OpenSSH writes', (t) => {
  t.is(line('.ssh', { mode: 0o040755 }), 'drwxr-xr-x    5 markus   100          1024 Oct  3 18:39 .ssh');
});

for (const [what, modifiedMs, text] of [
  ['now', NOW, 'Nov 22 12:00'],
  ['yesterday', NOW - DAY, 'Nov 21 12:00'],
  ['just under half a year ago', NOW - HALF_YEAR + 1, /^May 2\d \d\d:\d\d$/],
  ['half a year ago', NOW - HALF_YEAR, /^May 2\d {2}2026$/],
  ['in the future', NOW + 1, 'Nov 22  2026'],
  ['long ago', new Date(1999, 0, 1, 5).getTime(), 'Jan  1  1999'],
] as const) {
  test(`longname: a time ${what} shows ${text}`, (t) => {
    const shown = line('x', { modifiedMs }).slice(-14, -2);
    if (typeof text === 'string') t.is(shown, text);
    else t.regex(shown, text);
  });
}

test('longname: columns widen for what does not fit', (t) => {
  t.is(
    line('x', { linkCount: 12345, uid: 1234567890, gid: 123456789, sizeBytes: 123456789012 }),
    '-rw-r--r--  12345 1234567890 123456789 123456789012 Oct  3 18:39 x',
  );
});

test('longname: what could disturb a terminal is shown, not sent', (t) => {
  t.true(line('a\n\u001b[2Jb\udcff\u202ec').endsWith(' a\\n\\x1b[2Jb\\xff\\u{202e}c'));
});
