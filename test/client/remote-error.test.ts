import test from 'ava';
import { isUnexplained, remoteError } from '../../src/client/remote-error.ts';
import { FILE_ERROR_TEXT, type FileError, type FileErrorCode } from '../../src/model/error.ts';

function answer(status: number, text: string): FileError {
  return remoteError(Object.assign(new Error(text), { code: status }), '/a');
}

test('remote error: every text of our own server gives its code back', (t) => {
  for (const [code, text] of Object.entries(FILE_ERROR_TEXT)) t.is(answer(4, text).code, code as FileErrorCode);
});

test('remote error: what follows a known text is the detail', (t) => {
  const error = answer(4, 'File exists: and more');
  t.is(error.code, 'already-exists');
  t.is(error.detail, 'and more');
  t.is(error.path, '/a');
});

test('remote error: without a known text the status decides', (t) => {
  const codes = [2, 3, 4, 5, 6, 7, 8, 99].map((status) => answer(status, 'Failure').code);
  t.deepEqual(codes, [
    'not-found',
    'permission-denied',
    'io-error',
    'invalid-argument',
    'closed',
    'closed',
    'unsupported',
    'io-error',
  ]);
});

test('remote error: a text that says nothing is unexplained, another is kept', (t) => {
  t.true(isUnexplained(answer(4, 'Failure')));
  t.false(isUnexplained(answer(4, 'the moon is in the wrong phase')));
  t.is(answer(4, 'the moon is in the wrong phase').detail, 'the moon is in the wrong phase');
  t.false(isUnexplained(answer(3, 'Failure')));
});

test('remote error: what a server writes cannot move the cursor, nor be without end', (t) => {
  const { message } = answer(4, `\u001b[2J\u202e${'x'.repeat(5000)}`);
  t.false(message.includes('\u001b') || message.includes('\u202e'));
  t.true(message.length < 400);
});

test('remote error: a session that has ended is closed, an answer without sense an error', (t) => {
  t.is(remoteError(new Error('No response from server'), '/a').code, 'closed');
  t.is(remoteError(new Error('Received more data than requested'), '/a').code, 'io-error');
});
