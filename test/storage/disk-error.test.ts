import { constants } from 'node:os';
import test from 'ava';
import { FILE_ERROR_TEXT, FileError, type FileErrorCode } from '../../src/model/error.ts';
import { diskError } from '../../src/storage/disk-error.ts';

/** An error as Node makes it of a failed system call. */
function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: it failed, open '/srv/homes/alice/secret'`), {
    code,
    errno,
    syscall: 'open',
    path: '/srv/homes/alice/secret',
  });
}

const EXPECTED: readonly (readonly [string, FileErrorCode])[] = [
  ['ENOENT', 'not-found'],
  ['EACCES', 'permission-denied'],
  ['EPERM', 'permission-denied'],
  ['EEXIST', 'already-exists'],
  ['ENOTDIR', 'not-a-directory'],
  ['EISDIR', 'is-a-directory'],
  ['ENOTEMPTY', 'not-empty'],
  ['ENAMETOOLONG', 'invalid-path'],
  ['EINVAL', 'invalid-argument'],
  ['ELOOP', 'link-loop'],
  ['EROFS', 'read-only'],
  ['ENOSPC', 'no-space'],
  ['EDQUOT', 'quota-exceeded'],
  ['EFBIG', 'too-large'],
  ['EMFILE', 'too-many-open'],
  ['ENFILE', 'too-many-open'],
  ['EXDEV', 'cross-device'],
  ['EBUSY', 'busy'],
  ['ETXTBSY', 'busy'],
  ['ENOSYS', 'unsupported'],
  ['EOPNOTSUPP', 'unsupported'],
  ['ENOTSUP', 'unsupported'],
  ['EIO', 'io-error'],
];

for (const [name, code] of EXPECTED) {
  test(`disk error: ${name} is ${code}`, (t) => {
    const cause = systemError(name, -(new Map(Object.entries(constants.errno)).get(name) ?? 0));
    const error = diskError(cause, '/secret');
    t.true(error instanceof FileError);
    if (!(error instanceof FileError)) return;
    t.is(error.code, code);
    t.is(error.path, '/secret');
    t.is(error.cause, cause);
    t.false(error.message.includes('/srv'));
  });
}

test('disk error: every number of the system has a code', (t) => {
  for (const [name, number] of Object.entries(constants.errno)) {
    const error = diskError(systemError(name, -number), '/a');
    t.true(error instanceof FileError && error.code in FILE_ERROR_TEXT, name);
  }
});

test('disk error: a number that Node has no name for is known by itself', (t) => {
  const number = constants.errno.EDQUOT;
  const error = diskError(systemError(`Unknown system error -${number}`, -number), '/a');
  t.true(error instanceof FileError && error.code === 'quota-exceeded');
});

test('disk error: a number that nobody has a name for is an I/O error', (t) => {
  const error = diskError(systemError('Unknown system error -4000', -4000), '/a');
  t.true(error instanceof FileError && error.code === 'io-error');
});

test('disk error: what is no error of the system passes untouched', (t) => {
  const mistakes = [
    new TypeError('x is not a function'),
    new FileError('closed'),
    Object.assign(new TypeError('The argument is wrong'), { code: 'ERR_INVALID_ARG_TYPE' }),
    'a string',
    undefined,
  ];
  for (const mistake of mistakes) t.is(diskError(mistake, '/a'), mistake);
});
