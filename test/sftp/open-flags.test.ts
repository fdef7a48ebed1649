import test from 'ava';
import { OPEN_FLAG } from '../../src/sftp/codec/constants.ts';
import { readOpenFlags } from '../../src/sftp/open-flags.ts';

const { read: R, write: W, append: A, create: C, truncate: T, exclusive: X } = OPEN_FLAG;

// flags, then what the client may do, then what the file is opened for, the set ones only.
for (const [name, flags, may, opened] of [
  ['nothing', 0, 'r', 'read'],
  ['READ', R, 'r', 'read'],
  ['WRITE', W, 'w', 'write'],
  ['READ WRITE', R | W, 'rw', 'read write'],
  ['WRITE CREAT', W | C, 'w', 'write create'],
  ['WRITE CREAT TRUNC', W | C | T, 'w', 'write create truncate'],
  ['WRITE TRUNC', W | T, 'w', 'write truncate'],
  ['WRITE CREAT EXCL', W | C | X, 'w', 'write create exclusive'],
  ['WRITE CREAT EXCL TRUNC', W | C | X | T, 'w', 'write create exclusive truncate'],
  ['WRITE EXCL', W | X, 'w', 'write'],
  ['WRITE APPEND', W | A, 'w', 'write append'],
  ['WRITE CREAT APPEND', W | C | A, 'w', 'write create append'],
  ['READ WRITE CREAT APPEND', R | W | C | A, 'rw', 'read write create append'],
  ['READ APPEND', R | A, 'r', 'read'],
  ['READ EXCL', R | X, 'r', 'read'],
  ['READ CREAT', R | C, 'r', 'read write create'],
  ['READ TRUNC', R | T, 'r', 'read write truncate'],
  ['CREAT', C, 'r', 'read write create'],
  ['bits that mean nothing', 0xffffffc0 | R, 'r', 'read'],
] as const) {
  test(`open flags: ${name} opens for ${opened}`, (t) => {
    const { options, readable, writable } = readOpenFlags(flags, undefined);
    t.is((readable ? 'r' : '') + (writable ? 'w' : ''), may);
    const order = ['read', 'write', 'create', 'exclusive', 'truncate', 'append'] as const;
    t.is(order.filter((option) => options[option]).join(' '), opened);
    t.false('mode' in options);
  });
}

test('open flags: of the permissions of a new file the last nine bits count', (t) => {
  t.is(readOpenFlags(W | C, 0xffffffff).options.mode, 0o777);
  t.is(readOpenFlags(W | C, 0o106640).options.mode, 0o640);
  t.is(readOpenFlags(W | C, 0).options.mode, 0);
});
