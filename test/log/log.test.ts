import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createLog, type LogSettings, type ServerLog } from '../../src/log/log.ts';
import { temporaryFolder } from '../helpers/folder.ts';

async function logIn(
  t: ExecutionContext,
  settings: Partial<LogSettings> = {},
): Promise<{ log: ServerLog; file: string }> {
  const file = join(await temporaryFolder(t), 'log.jsonl');
  return { log: createLog({ level: 'info', quiet: true, file, maxFileBytes: 1e6, maxFiles: 3, ...settings }), file };
}

async function lines(file: string): Promise<Array<Record<string, unknown>>> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('log: an event is one JSON line with its name, fields and time', async (t) => {
  const { log, file } = await logIn(t);
  log.audit({ event: 'session.open', sessionId: 's1', address: '192.0.2.1', client: 'PuTTY' });
  await log.close();
  const [record] = await lines(file);
  t.like(record, { level: 'info', event: 'session.open', sessionId: 's1', address: '192.0.2.1', client: 'PuTTY' });
  t.regex(String(record?.['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('log: what was refused or failed is a warning; what was not there is none', async (t) => {
  const { log, file } = await logIn(t);
  const origin = { sessionId: 's1', address: '192.0.2.1' };
  const file_ = { ...origin, event: 'file.delete', user: 'alice', face: 'sftp', path: '/x', durationMs: 1 } as const;
  log.audit({ ...origin, event: 'session.refused', user: 'x', method: 'password', reason: 'unknown-user' });
  log.audit({ ...file_, outcome: 'permission-denied' });
  log.audit({ ...file_, outcome: 'not-found' });
  log.audit({ ...file_, outcome: 'ok' });
  await log.close();
  t.deepEqual(
    (await lines(file)).map(({ level }) => level),
    ['warn', 'warn', 'info', 'info'],
  );
});

test('log: text from outside can’t begin a new line or record', async (t) => {
  const { log, file } = await logIn(t);
  log.info('a\nb', { user: 'x"}\n{"event":"session.login"' });
  await log.close();
  const records = await lines(file);
  t.is(records.length, 1);
  t.is(records[0]?.['event'], undefined);
});

test('log: the file is exact, and safe to be shown on a terminal', async (t) => {
  const { log, file } = await logIn(t);
  const name = 'a\u009b2J\u202etxt\u2028\u007f\udcff é 🐚';
  log.info(name);
  await log.close();
  t.regex(await readFile(file, 'utf8'), /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]*$/);
  t.is((await lines(file))[0]?.['message'], name);
});

test('log: nothing less serious than the level is written', async (t) => {
  const { log, file } = await logIn(t, { level: 'warn' });
  log.debug('debug');
  log.info('info');
  log.warn('warn');
  log.error('error');
  await log.close();
  t.deepEqual(
    (await lines(file)).map(({ message }) => message),
    ['warn', 'error'],
  );
});

test('log: what nobody foresaw is logged whole under an id, which is all that is told', async (t) => {
  const { log, file } = await logIn(t);
  const id = log.unexpected(new Error('outer', { cause: new Error('inner') }), 'testing', { user: 'alice' });
  await log.close();
  const [record] = await lines(file);
  t.regex(id, /^[0-9a-f]{8}$/);
  t.like(record, { level: 'error', message: 'internal error while testing', id, user: 'alice' });
  t.regex(String(record?.['error']), /outer[\s\S]*log\.test[\s\S]*inner/);
});

test('log: a full file is put aside, and no more than the files wanted are kept', async (t) => {
  const { log, file } = await logIn(t, { maxFileBytes: 2000, maxFiles: 3 });
  for (let index = 0; index < 100; index += 1) log.info('x'.repeat(200));
  await log.close();
  const files = await readdir(join(file, '..'));
  t.true(files.length > 1 && files.length <= 3, files.join());
  t.true(files.includes('log.jsonl'));
});

test('log: who did what is for nobody to read but the account of the server and its group', async (t) => {
  const { log, file } = await logIn(t, { maxFileBytes: 2000, maxFiles: 3 });
  for (let index = 0; index < 30; index += 1) log.info('x'.repeat(200));
  await log.close();
  const files = await readdir(join(file, '..'));
  t.true(files.length > 1);
  for (const name of files) t.is((await stat(join(file, '..', name))).mode & 0o137, 0, name);
});
