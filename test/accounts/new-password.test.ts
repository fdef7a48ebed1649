import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BreachedFileError, isBreached } from '../../src/accounts/breached-passwords.ts';
import { checkNewPassword } from '../../src/accounts/new-password.ts';
import { AccountError } from '../../src/model/account.ts';
import { ANY_PASSWORD } from '../../src/model/rules.ts';
import { temporaryFolder } from '../helpers/folder.ts';

async function listOf(t: ExecutionContext, content: string | Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(t), 'breached.txt');
  await writeFile(file, content);
  return file;
}

test('new password: its length is counted in characters', async (t) => {
  const rules = { ...ANY_PASSWORD, minLength: 8 };
  await t.notThrowsAsync(checkNewPassword('12345678', rules));
  await t.notThrowsAsync(checkNewPassword('🐚🐚🐚🐚🐚🐚🐚🐚', rules));
  await t.throwsAsync(checkNewPassword('1234567', rules), {
    instanceOf: AccountError,
    message: 'the password must have at least 8 characters; this has 7',
  });
  // 14 bytes, 14 UTF-16 units; and seven characters, written with seven accents of their own.
  for (const short of ['ééééééé', 'e\u0301'.repeat(7), '🐚'.repeat(7)]) {
    await t.throwsAsync(checkNewPassword(short, rules), { message: /this has 7$/ }, short);
  }
});

test('new password: one that everybody knows is refused', async (t) => {
  const rules = { ...ANY_PASSWORD, breachedFile: await listOf(t, 'secret\nletmein\n') };
  await t.throwsAsync(checkNewPassword('letmein', rules), { instanceOf: AccountError, message: /everybody knows/ });
  await t.notThrowsAsync(checkNewPassword('letmein2', rules));
});

test('breached passwords: whole lines are, their parts are not', async (t) => {
  const file = await listOf(t, 'first one\r\nmiddle\n\nlast');
  for (const line of ['first one', 'middle', 'last']) t.true(await isBreached(file, line), line);
  for (const part of ['first', 'one', 'middl', 'iddle', 'las', 'firstone']) {
    t.false(await isBreached(file, part), part);
  }
});

test('breached passwords: the two ways to write é are one', async (t) => {
  for (const written of ['caf\u00e9\n', 'cafe\u0301\n']) {
    const file = await listOf(t, written);
    for (const typed of ['caf\u00e9', 'cafe\u0301']) t.true(await isBreached(file, typed));
  }
});

test('breached passwords: a line is found wherever the pieces of the file are cut', async (t) => {
  const piece = 256 * 1024;
  for (const at of [0, 1, 7, piece - 9, piece - 8, piece - 1, piece, piece + 1, 2 * piece - 5, 3 * piece]) {
    const before = at === 0 ? '' : `${'x'.repeat(at - 1)}\n`;
    for (const after of ['', '\n', '\r\n', '\nmore\n']) {
      const file = await listOf(t, `${before}password${after}`);
      t.true(await isBreached(file, 'password'), `${at} ${JSON.stringify(after)}`);
      t.false(await isBreached(file, 'passwor'), `${at} ${JSON.stringify(after)}`);
    }
  }
});

test('breached passwords: a password longer than any line is not in an empty file', async (t) => {
  const file = await listOf(t, '');
  t.false(await isBreached(file, 'x'.repeat(1000)));
});

test('breached passwords: a change of the file counts at once', async (t) => {
  const file = await listOf(t, 'one\n');
  t.false(await isBreached(file, 'two'));
  await writeFile(file, 'one\ntwo\n');
  t.true(await isBreached(file, 'two'));
});

test('breached passwords: a file that is not there is no empty one, and its path stays secret', async (t) => {
  const error = await t.throwsAsync(isBreached('/nowhere/breached.txt', 'x'), { instanceOf: BreachedFileError });
  t.false(error?.message.includes('nowhere'));
});
