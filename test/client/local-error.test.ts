import { constants } from 'node:os';
import test from 'ava';
import { localError } from '../../src/client/local-error.ts';
import { FileError, type FileErrorCode } from '../../src/model/error.ts';

const EXPECTED: readonly (readonly [name: keyof typeof constants.errno, code: FileErrorCode, detail?: string])[] = [
  ['ENOENT', 'not-found'],
  ['ENOSPC', 'no-space', 'the disk of this machine is full'],
  ['EIO', 'io-error', 'EIO'],
  ['EDOM', 'io-error', 'EDOM'],
  // As a code this would say that the connection is gone.
  ['EBADF', 'io-error', 'EBADF'],
];

for (const [name, code, detail] of EXPECTED) {
  test(`local error: ${name} is ${code}`, (t) => {
    const cause = Object.assign(new Error(name), { code: name, errno: -constants.errno[name] });
    const error = localError(cause, './mine');
    t.true(error instanceof FileError);
    if (!(error instanceof FileError)) return;
    t.is(error.code, code);
    t.is(error.detail, detail);
    t.is(error.path, './mine');
    t.is(error.cause, cause);
  });
}

test('local error: what is no error of the system passes untouched', (t) => {
  for (const mistake of [new TypeError('x is not a function'), undefined]) t.is(localError(mistake, 'a'), mistake);
});
