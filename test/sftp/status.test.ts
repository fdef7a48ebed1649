import test from 'ava';
import { FILE_ERROR_TEXT, FileError, type FileErrorCode } from '../../src/model/error.ts';
import type { Log } from '../../src/model/log.ts';
import { STATUS, type StatusCode } from '../../src/sftp/codec/constants.ts';
import { statusResponse } from '../../src/sftp/codec/responses.ts';
import { failureResponse, StatusError } from '../../src/sftp/status.ts';
import { createTestLog } from '../helpers/test-log.ts';

const EXPECTED: Readonly<Record<FileErrorCode, keyof typeof STATUS>> = {
  'not-found': 'noSuchFile',
  'not-a-directory': 'noSuchFile',
  'link-loop': 'noSuchFile',
  'permission-denied': 'permissionDenied',
  'read-only': 'permissionDenied',
  'invalid-path': 'badMessage',
  'invalid-argument': 'badMessage',
  unsupported: 'opUnsupported',
  'already-exists': 'failure',
  'is-a-directory': 'failure',
  'not-empty': 'failure',
  'no-space': 'failure',
  'quota-exceeded': 'failure',
  'too-large': 'failure',
  'too-many-open': 'failure',
  'cross-device': 'failure',
  busy: 'failure',
  cancelled: 'failure',
  closed: 'failure',
  'io-error': 'failure',
};

const logged: unknown[] = [];
const log: Log = {
  ...createTestLog(),
  unexpected(...args) {
    logged.push(args);
    return 'k7';
  },
};

for (const code of Object.keys(EXPECTED) as FileErrorCode[]) {
  const status: StatusCode = STATUS[EXPECTED[code]];
  test(`status: ${code} is answered with ${EXPECTED[code]} and its text`, (t) => {
    const error = new FileError(code, { path: '/secret/place', cause: new Error('/srv/homes/alice') });
    t.deepEqual(failureResponse(9, error, 'stat', log), statusResponse(9, status, FILE_ERROR_TEXT[code]));
  });
}

test('status: a detail is told, and shown so that it disturbs no terminal', (t) => {
  const error = new FileError('invalid-path', { detail: 'odd \u001b[1m name' });
  t.deepEqual(
    failureResponse(1, error, 'stat', log),
    statusResponse(1, STATUS.badMessage, 'Invalid path: odd \\x1b[1m name'),
  );
});

test('status: an answer of the protocol itself is given as it is', (t) => {
  t.deepEqual(
    failureResponse(1, new StatusError(STATUS.eof, 'End of file'), 'read', log),
    statusResponse(1, STATUS.eof, 'End of file'),
  );
});

test('status: of what nobody foresaw the log has all and the client a number', (t) => {
  const error = new TypeError('/srv/homes/alice is undefined');
  t.deepEqual(failureResponse(1, error, 'mkdir', log), statusResponse(1, STATUS.failure, 'Internal error (k7)'));
  t.deepEqual(logged, [[error, 'answering the SFTP request mkdir']]);
});
