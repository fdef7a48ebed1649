import { constants } from 'node:os';
import test from 'ava';
import { codeOfErrno, errnoName } from '../../src/model/errno.ts';
import { FILE_ERROR_TEXT, type FileErrorCode } from '../../src/model/error.ts';

/** An error as Node makes it of a failed system call. */
function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(`${code}: it failed`), { code, errno, syscall: 'open' });
}

const EXPECTED: readonly (readonly [string, FileErrorCode])[] = [
  ['ENOENT', 'not-found'],
  ['EPERM', 'permission-denied'],
  ['ENXIO', 'permission-denied'],
  ['ENOTEMPTY', 'not-empty'],
  ['ENAMETOOLONG', 'invalid-path'],
  ['EDQUOT', 'quota-exceeded'],
  ['EOPNOTSUPP', 'unsupported'],
  ['EDOM', 'io-error'],
];

for (const [name, code] of EXPECTED) {
  test(`errno: ${name} is ${code}`, (t) => {
    t.is(codeOfErrno(name), code);
  });
}

test('errno: every number of the system is known by its name, and has a code', (t) => {
  for (const [name, number] of Object.entries(constants.errno)) {
    const found = errnoName(systemError(name, -number));
    t.true(found !== undefined && codeOfErrno(found) in FILE_ERROR_TEXT, name);
  }
});

test('errno: a number that Node has no name for is known by itself', (t) => {
  const number = constants.errno.EDQUOT;
  t.is(errnoName(systemError(`Unknown system error -${number}`, -number)), 'EDQUOT');
});

test('errno: a number that nobody has a name for is an I/O error', (t) => {
  const name = errnoName(systemError('Unknown system error -4000', -4000));
  t.is(name, 'Unknown system error -4000');
  t.is(codeOfErrno(name ?? ''), 'io-error');
  t.is(codeOfErrno('constructor'), 'io-error');
});

test('errno: what is no error of the system has none', (t) => {
  const mistakes = [
    new TypeError('x is not a function'),
    Object.assign(new TypeError('The argument is wrong'), { code: 'ERR_INVALID_ARG_TYPE' }),
    { code: 'ENOENT', errno: -2 },
    'ENOENT',
    undefined,
  ];
  for (const mistake of mistakes) t.is(errnoName(mistake), undefined);
});
