// The verbs on quotas, over a server that counts as it is told.

import test from 'ava';
import { createVerbs } from '../../src/administration/administer.ts';
import { AdministrationError, type LiveServer, type Row, type VerbResult } from '../../src/model/administration.ts';
import type { Tree, TreeUsage } from '../../src/model/usage.ts';

const USAGE: readonly TreeUsage[] = [
  { tree: 'home:alice', used: { bytes: 1536, files: 12 }, quota: { bytes: 10 * 1024 ** 3, files: undefined } },
  { tree: 'home:bob', used: undefined, quota: { bytes: undefined, files: 100 } },
  { tree: 'folder:design', used: { bytes: 0, files: 0 }, quota: { bytes: 1024, files: 10 } },
];

function counting(usage: readonly TreeUsage[] = USAGE) {
  const scanned: Tree[] = [];
  const quotas: LiveServer['quotas'] = {
    show: async () => usage,
    scan: async (tree) => {
      if (tree === 'home:nobody') throw new AdministrationError('there is no user nobody');
      scanned.push(tree);
      return { bytes: 7, files: 1 };
    },
  };
  const verbs = createVerbs({
    accounts: undefined as never,
    rules: undefined as never,
    live: { quotas } as LiveServer,
    logFile: async () => '',
    audit: () => undefined,
    hidden: undefined,
    settle: async () => undefined,
  });
  const run = (name: string, ...operands: string[]): Promise<VerbResult> =>
    verbs.run({ name, call: { operands }, administrator: { face: 'library' }, permit: () => undefined });
  return { run, scanned };
}

test('quota show: what is used of what may be, and what is not known yet', async (t) => {
  const { run } = counting();
  const { rows, lines, remarks } = await run('quota show');
  t.deepEqual(lines, [
    'alice          1.5K of 10G      12 files',
    'bob            not counted yet  ? of 100 files',
    'folder:design  0 of 1.0K        0 of 10 files',
  ]);
  t.deepEqual(JSON.parse(JSON.stringify(rows)), [
    { name: 'alice', bytes: 1536, files: 12, maxBytes: 10 * 1024 ** 3 },
    { name: 'bob', maxFiles: 100 },
    { name: 'folder:design', bytes: 0, files: 0, maxBytes: 1024, maxFiles: 10 },
  ]);
  t.deepEqual(remarks, []);
});

test('quota show: of those that are named; one without a quota is an error', async (t) => {
  const { run } = counting();
  const { rows } = await run('quota show', 'folder:design', 'alice');
  t.deepEqual(
    [...(rows as Iterable<Row>)].map(({ name }) => name),
    ['alice', 'folder:design'],
  );
  await t.throwsAsync(run('quota show', 'alice', 'carol'), {
    instanceOf: AdministrationError,
    message: 'the user carol has no quota',
  });
  await t.throwsAsync(run('quota show', 'folder:x'), { message: 'the shared folder x has no quota' });
  t.deepEqual((await counting([]).run('quota show')).remarks, ['nobody has a quota']);
});

test('quota scan: counts what is named, or all that have a quota', async (t) => {
  const one = counting();
  t.deepEqual((await one.run('quota scan', 'carol')).lines, ['carol  7  1 file']);
  t.deepEqual(one.scanned, ['home:carol']);
  const all = counting();
  await all.run('quota scan');
  t.deepEqual(all.scanned, ['home:alice', 'home:bob', 'folder:design']);
  await t.throwsAsync(all.run('quota scan', 'nobody'), { message: 'there is no user nobody' });
});
