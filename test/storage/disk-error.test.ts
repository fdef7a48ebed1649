import { constants } from 'node:os';
import test from 'ava';
import { FileError } from '../../src/model/error.ts';
import { diskError } from '../../src/storage/disk-error.ts';

test('disk error: tells the user what went wrong, and nothing of the host', (t) => {
  const cause = Object.assign(new Error("EACCES: permission denied, open '/srv/homes/alice/secret'"), {
    code: 'EACCES',
    errno: -constants.errno.EACCES,
    syscall: 'open',
    path: '/srv/homes/alice/secret',
  });
  const error = diskError(cause, '/secret');
  t.true(error instanceof FileError);
  if (!(error instanceof FileError)) return;
  t.is(error.code, 'permission-denied');
  t.is(error.path, '/secret');
  t.is(error.cause, cause);
  t.false(error.message.includes('/srv'));
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
