import test from 'ava';
import { judgeAccess, mendReadable, mendWritable } from '../../src/text-files/file-access.ts';

const sharedGroup = (): boolean => false;
const privateGroup = (): boolean => true;

const cases: [mode: number, isPrivate: boolean, writable: boolean, readable: boolean][] = [
  [0o600, false, false, false],
  [0o644, false, false, true],
  [0o640, false, false, true],
  [0o640, true, false, false],
  [0o660, false, true, true],
  [0o660, true, false, false],
  [0o664, true, false, true],
  [0o620, false, true, false],
  [0o602, true, true, false],
  [0o666, true, true, true],
  [0o400, false, false, false],
];

for (const [mode, isPrivate, writableByOthers, readableByOthers] of cases) {
  const group = isPrivate ? 'private' : 'shared';
  test(`file access: mode ${mode.toString(8)} with a ${group} group`, (t) => {
    const access = judgeAccess({ mode: 0o100000 | mode, uid: 7, gid: 7 }, isPrivate ? privateGroup : sharedGroup);
    t.deepEqual(access, { writableByOthers, readableByOthers });
  });
}

test('file access: a group that nobody knows counts as others', (t) => {
  t.true(judgeAccess({ mode: 0o660, uid: 0, gid: 4_000_000_000 }).writableByOthers);
});

test('file access: the commands that mend are safe to paste', (t) => {
  t.is(mendWritable('./id_passwd.txt'), 'chmod go-w ./id_passwd.txt');
  t.is(mendReadable("it's; rm -rf x"), "chmod go-rwx 'it'\\''s; rm -rf x'");
});
