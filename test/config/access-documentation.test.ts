import { readFile } from 'node:fs/promises';
import test from 'ava';
import { parseConfig } from '../../src/config/config-file.ts';
import { ACTIONS } from '../../src/model/action.ts';
import { BUILT_IN_ROLES } from '../../src/model/default-rules.ts';
import { inRepository } from '../helpers/folder.ts';

test('rules: every example in the documentation is a good file', async (t) => {
  for (const page of ['README.md', 'docs/access.md', 'docs/configuration.md']) {
    const text = await readFile(inRepository(page), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
    t.true(blocks.length > 0, page);
    for (const block of blocks) t.deepEqual(parseConfig(block, page).problems, []);
  }
});

test('rules: docs/access.md has every action and every role that is built in', async (t) => {
  const text = await readFile(inRepository('docs/access.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const named = new Set(
    rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)),
  );
  t.deepEqual([...named].sort(), [...ACTIONS, ...BUILT_IN_ROLES.keys()].sort());
});
