import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type FileOutputParts, fileOutput } from '../../src/log/file-output.ts';
import { createLog } from '../../src/log/log.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { until } from '../helpers/until.ts';

async function outputIn(t: ExecutionContext, parts: Partial<FileOutputParts> = {}) {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'log.jsonl');
  const troubles: Error[] = [];
  const make = () => {
    const output = fileOutput({
      file,
      maxFileBytes: 1000,
      maxFiles: 3,
      lostLine: (lost) => `${lost} lost\n`,
      onTrouble: (error) => troubles.push(error),
      growingLine: (error: NodeJS.ErrnoException) => `grows: ${error.code}\n`,
      ...parts,
    });
    return {
      write: (line: string): void => void output.write(line),
      end: () => new Promise<void>((resolve) => output.end(resolve)),
    };
  };
  return { folder, file, troubles, make };
}

test('log file: a disk that takes nothing stops nobody, and the log can be closed', async (t) => {
  /*
   * What was wrong: winston's file stops for good at the first error, says nothing, and lets all that is logged heap up, what
   * goes to standard error, too; the server never ended, as it waited for its log to be written.
   * How it was reached: the disk of the log file was full.
   * What this verifies: the log is closed.
   */
  const log = createLog({ level: 'info', quiet: true, file: '/dev/full', maxFileBytes: 1e6, maxFiles: 3 });
  for (let index = 0; index < 1000; index += 1) log.info('x'.repeat(100));
  await log.close();
  t.pass();
});

test('log file: when the disk takes lines again it is told how many were lost', async (t) => {
  const { file, troubles, make } = await outputIn(t);
  await symlink('/dev/full', file);
  const output = make();
  output.write('one\n');
  output.write('two\n');
  while (troubles.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.like(troubles, [{ code: 'ENOSPC' }]);
  await rm(file);
  output.write('three\n');
  output.write('four\n');
  await output.end();
  t.is(await readFile(file, 'utf8'), '2 lost\nthree\nfour\n');
  t.is(troubles.length, 1);
});

test('log file: one that is full is put aside between two lines, and as many are kept as are wanted', async (t) => {
  const { folder, file, troubles, make } = await outputIn(t, { maxFileBytes: 100 });
  const output = make();
  for (let index = 0; index < 40; index += 1) output.write(`line ${String(index).padStart(4, '0')}\n`);
  await output.end();
  t.deepEqual((await readdir(folder)).sort(), ['log.jsonl', 'log1.jsonl', 'log2.jsonl']);
  const files = await Promise.all(
    ['log2', 'log1', 'log'].map((name) => readFile(join(folder, `${name}.jsonl`), 'utf8')),
  );
  const lines = files.join('').trimEnd().split('\n');
  t.deepEqual(
    lines,
    Array.from({ length: lines.length }, (_, index) => `line ${String(40 - lines.length + index).padStart(4, '0')}`),
  );
  t.true(lines.length > 20);
  t.deepEqual(troubles, []);
  t.true((await readFile(file)).length <= 110);
});

test('log file: a later start goes on behind what is there, and behind half a line on a new one', async (t) => {
  const { file, make } = await outputIn(t);
  await writeFile(file, 'whole\nhal');
  const output = make();
  output.write('next\n');
  await output.end();
  const later = make();
  later.write('later\n');
  await later.end();
  t.is(await readFile(file, 'utf8'), 'whole\nhal\nnext\nlater\n');
});

/*
 * What was wrong: a full file that could not be put aside was closed and opened anew for each line, and no line was taken
 * any more: all were lost, from the first rotation on.
 * How it was reached: a folder of root's, and a server that had become another user with `--run-as`.
 * What this verifies: the file grows, and says so each time that it was tried; when it can be done, it is.
 */
async function growsWhile(
  t: ExecutionContext,
  { bar, unbar, code }: Record<'bar' | 'unbar', (folder: string) => Promise<unknown>> & { code: string },
): Promise<void> {
  const { folder, file, troubles, make } = await outputIn(t, { maxFileBytes: 20, maxFiles: 2 });
  await writeFile(file, 'before the start ...\n');
  await bar(folder);
  const output = make();
  output.write('one\n');
  output.write('two\n');
  await until(async () => (await readFile(file, 'utf8')).endsWith('two\n'));
  output.write('three\n');
  await output.end();
  t.is(await readFile(file, 'utf8'), `before the start ...\ngrows: ${code}\none\ntwo\nthree\n`);
  t.deepEqual(troubles, []);
  await unbar(folder);
  const later = make();
  later.write('four\n');
  await later.end();
  t.is(await readFile(file, 'utf8'), 'four\n');
  t.is((await readFile(join(folder, 'log1.jsonl'), 'utf8')).split('\n').length, 6);
}

test('log file: one that is full and can not be put aside grows, until it can', async (t) => {
  // rename(2) does not put a file in the place of a folder, whoever asks.
  const bar = (folder: string) => mkdir(join(folder, 'log1.jsonl'));
  const unbar = (folder: string) => rm(join(folder, 'log1.jsonl'), { recursive: true });
  await growsWhile(t, { bar, unbar, code: 'EISDIR' });
});

test('log file: one in a folder that can not be written grows, until it can', async (t) => {
  if (process.getuid?.() === 0) {
    t.log('skipped: no mode is a bar for root');
    return t.pass();
  }
  await growsWhile(t, {
    bar: (folder) => chmod(folder, 0o500),
    unbar: (folder) => chmod(folder, 0o700),
    code: 'EACCES',
  });
  return undefined;
});

test('log file: it is tried again after a while to put a full one aside', async (t) => {
  const { folder, file, make } = await outputIn(t, { maxFileBytes: 20, maxFiles: 2, againMs: 0 });
  await writeFile(file, 'before the start ...\n');
  await mkdir(join(folder, 'log1.jsonl'));
  const output = make();
  output.write('one\n');
  await until(async () => (await readFile(file, 'utf8')).endsWith('one\n'));
  output.write('two\n');
  await until(async () => (await readFile(file, 'utf8')).endsWith('two\n'));
  t.is(await readFile(file, 'utf8'), 'before the start ...\ngrows: EISDIR\none\ngrows: EISDIR\ntwo\n');
  await rm(join(folder, 'log1.jsonl'), { recursive: true });
  output.write('three\n');
  await output.end();
  t.is(await readFile(file, 'utf8'), 'three\n');
});
