import test from 'ava';
import { A_MOMENT, createBatch, NEXT_TURN, type Wait } from '../../src/log/batch.ts';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';

function batched(wait: Wait) {
  const handedOn: (readonly string[])[] = [];
  return { handedOn, batch: createBatch<string>(wait, (things) => handedOn.push(things)) };
}

for (const [name, wait] of Object.entries({ NEXT_TURN, A_MOMENT })) {
  test(`batch: ${name}: what follows each other is handed on together, in order, without being asked`, async (t) => {
    const { handedOn, batch } = batched(wait);
    for (const thing of ['a', 'b', 'c']) batch.add(thing);
    await Promise.resolve();
    t.deepEqual(handedOn, []);
    await until(() => handedOn.length > 0);
    t.deepEqual(handedOn, [['a', 'b', 'c']]);
    batch.add('d');
    await until(() => handedOn.length > 1);
    batch.close();
    t.deepEqual(handedOn.slice(1), [['d']]);
  });
}

test('batch: what is too much to wait is handed on at once, and the rest at the end', (t) => {
  const { handedOn, batch } = batched(A_MOMENT);
  for (let number = 0; number < 200; number += 1) batch.add(`${number}`);
  t.is(handedOn[0]?.length, 200);
  batch.add('the end');
  batch.close();
  t.deepEqual(handedOn.slice(1), [['the end']]);
});

test('batch: a process that ends at once has handed on everything, from one to the next', async (t) => {
  const module_ = new URL('../../src/log/batch.js', import.meta.url);
  const script = `const { A_MOMENT, createBatch, NEXT_TURN } = await import(${JSON.stringify(module_.href)});
    const first = createBatch(NEXT_TURN, (things) => things.forEach(second.add));
    const second = createBatch(A_MOMENT, (things) => process.stderr.write(things.join('')));
    first.add('the last line\\n');
    process.exit(3);`;
  const { stderr } = await runProgram(t, process.execPath, ['--input-type=module', '-e', script]);
  t.is(stderr.toString(), 'the last line\n');
});
