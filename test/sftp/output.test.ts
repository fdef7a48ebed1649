import { Writable } from 'node:stream';
import test from 'ava';
import { createOutput } from '../../src/sftp/output.ts';

function collect(): { stream: Writable; writes: Buffer[] } {
  const writes: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      writes.push(chunk);
      callback();
    },
  });
  return { stream, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('output: small replies of one turn leave in one write, in order', async (t) => {
  const { stream, writes } = collect();
  const output = createOutput(stream);
  for (const text of ['a', 'b', 'c']) output.send(Buffer.from(text));
  t.is(writes.length, 0);
  await turn();
  t.deepEqual(writes.map(String), ['abc']);
});

test('output: a large reply is handed on without a copy, behind what came before', (t) => {
  const { stream, writes } = collect();
  const output = createOutput(stream);
  const large = Buffer.alloc(5000);
  output.send(Buffer.from('a'));
  output.send(large);
  output.send(Buffer.from('b'));
  output.flush();
  t.deepEqual(
    writes.map((write) => write.length),
    [1, 5000, 1],
  );
  t.is(writes[1]?.buffer, large.buffer);
});

test('output: no more than 32 KiB wait to be put together', (t) => {
  const { stream, writes } = collect();
  const output = createOutput(stream);
  for (let count = 0; count < 20; count += 1) output.send(Buffer.alloc(4000));
  t.deepEqual(
    writes.map((write) => write.length),
    [32000, 32000],
  );
  output.flush();
  t.is(writes.length, 3);
});

test('output: after close nothing leaves', async (t) => {
  const { stream, writes } = collect();
  const output = createOutput(stream);
  output.send(Buffer.from('a'));
  output.close();
  output.send(Buffer.from('b'));
  output.send(Buffer.alloc(5000));
  output.flush();
  await turn();
  t.is(writes.length, 0);
});
