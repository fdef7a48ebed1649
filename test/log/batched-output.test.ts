import test from 'ava';
import { batchedOutput } from '../../src/log/batched-output.ts';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';

test('batched output: lines that follow each other leave in one write, in order, without being asked', async (t) => {
  const writes: string[] = [];
  const output = batchedOutput({ write: (text) => writes.push(text) });
  for (const line of ['a\n', 'b\n', 'c\n']) output.write(line);
  t.deepEqual(writes, []);
  await until(() => writes.length > 0);
  t.deepEqual(writes, ['a\nb\nc\n']);
  output.end();
});

test('batched output: what is too much to wait leaves at once, and the rest at the end', async (t) => {
  const writes: string[] = [];
  const output = batchedOutput({ write: (text) => writes.push(text) });
  output.write('x'.repeat(70_000));
  t.is(writes.length, 1);
  output.write('the end\n');
  await new Promise<void>((resolve) => output.end(resolve));
  t.deepEqual(writes.slice(1), ['the end\n']);
});

test('batched output: a process that ends at once has written everything', async (t) => {
  const module_ = new URL('../../src/log/batched-output.js', import.meta.url);
  const script = `const { batchedOutput } = await import(${JSON.stringify(module_.href)});
    batchedOutput(process.stderr).write('the last line\\n');
    process.exit(3);`;
  const { stderr } = await runProgram(t, process.execPath, ['--input-type=module', '-e', script]);
  t.is(stderr.toString(), 'the last line\n');
});
