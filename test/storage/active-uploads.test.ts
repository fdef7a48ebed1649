import test from 'ava';
import { createActiveUploads } from '../../src/storage/active-uploads.ts';
import { partialNameOf, temporaryNameOf } from '../../src/storage/upload-names.ts';

function upload(folder: string, of: string, exclusive = false) {
  return { folder, name: temporaryNameOf(of), exclusive };
}

test('active uploads: any number for one place, but one of those that must be the only one', async (t) => {
  const active = createActiveUploads();
  const first = await active.add(upload('1:1', 'a', true));
  t.truthy(await active.add(upload('1:1', 'a')));
  t.is(await active.add(upload('1:1', 'a', true)), undefined);
  t.truthy(await active.add(upload('1:2', 'a', true)), 'the same name elsewhere');
  t.truthy(await active.add(upload('1:1', 'b', true)), 'another name');
  first?.release();
  first?.release();
  t.truthy(await active.add(upload('1:1', 'a', true)));
});

test('active uploads: a name is active until its lease is released', async (t) => {
  const active = createActiveUploads();
  const one = upload('1:1', 'a');
  const lease = await active.add(one);
  t.true(await active.has(one.name));
  t.false(await active.has(upload('1:1', 'a').name));
  lease?.release();
  t.false(await active.has(one.name));
});

test('active uploads: a place is reserved when nothing is under way for it, and uploads wait for its end', async (t) => {
  const active = createActiveUploads();
  const leftover = { folder: '1:1', name: partialNameOf('a') };
  const first = await active.add(upload('1:1', 'a'));
  t.is(await active.reserve(leftover), undefined);
  first?.release();
  const reserved = await active.reserve(leftover);
  t.truthy(reserved);
  t.is(await active.reserve(leftover), undefined, 'by one at a time');
  const order: string[] = [];
  const adding = active.add(upload('1:1', 'a')).then(() => order.push('added'));
  t.truthy(await active.add(upload('1:2', 'a')), 'elsewhere nobody waits');
  order.push('released');
  reserved?.release();
  await adding;
  t.deepEqual(order, ['released', 'added']);
  t.is(await active.reserve(leftover), undefined);
});
