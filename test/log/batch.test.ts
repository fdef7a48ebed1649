import test from 'ava';
import { createBatch } from '../../src/log/batch.ts';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';

function batched() {
  const handedOn: (readonly string[])[] = [];
  return { handedOn, batch: createBatch<string>((things) => handedOn.push(things)) };
}

test('batch: what follows each other is handed on together, in order, without being asked', async (t) => {
  const { handedOn, batch } = batched();
  for (const thing of ['a', 'b', 'c']) batch.add(thing);
  t.deepEqual(handedOn, []);
  await until(() => handedOn.length > 0);
  t.deepEqual(handedOn, [['a', 'b', 'c']]);
  batch.close();
  t.is(handedOn.length, 1);
});

test('batch: what is too much to wait is handed on at once, and the rest at the end', (t) => {
  const { handedOn, batch } = batched();
  for (let number = 0; number < 200; number += 1) batch.add(`${number}`);
  t.is(handedOn[0]?.length, 200);
  batch.add('the end');
  batch.close();
  t.deepEqual(handedOn.slice(1), [['the end']]);
});

test('batch: a process that ends at once has handed on everything', async (t) => {
  const module_ = new URL('../../src/log/batch.js', import.meta.url);
  const script = `const { createBatch } = await import(${JSON.stringify(module_.href)});
    createBatch((things) => process.stderr.write(things.join(''))).add('the last line\\n');
    process.exit(3);`;
  const { stderr } = await runProgram(t, process.execPath, ['--input-type=module', '-e', script]);
  t.is(stderr.toString(), 'the last line\n');
});
