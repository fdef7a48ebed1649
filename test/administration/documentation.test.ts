import { readFile } from 'node:fs/promises';
import test from 'ava';
import { VERBS } from '../../src/administration/table.ts';
import { VERB_TOPICS } from '../../src/model/administration.ts';
import { verbUsage } from '../../src/model/verb-usage.ts';
import { inRepository } from '../helpers/folder.ts';

test('docs/administration.md: has a row for every verb as it is called, and none for others', async (t) => {
  const page = await readFile(inRepository('docs/administration.md'), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => /^\| `(\w+) ?/.test(line) && Object.hasOwn(VERB_TOPICS, /\w+/.exec(line)?.[0] ?? ''));
  t.deepEqual(
    rows,
    VERBS.map((verb) => `| \`${verbUsage(verb)}${verb.asks === 'public-key' ? ' KEY' : ''}\` | ${verb.summary} |`),
  );
});

test('docs/audit.md: names the event of each topic', async (t) => {
  const page = await readFile(inRepository('docs/audit.md'), 'utf8');
  for (const topic of Object.keys(VERB_TOPICS)) t.true(page.includes(`\`admin.${topic}\``), topic);
});

test('verbs: each begins with its topic, no name stands for two, and only the last operand may be several', (t) => {
  t.is(new Set(VERBS.map(({ name }) => name)).size, VERBS.length);
  for (const { name, operands, summary } of VERBS) {
    t.true(Object.hasOwn(VERB_TOPICS, name.split(' ')[0] ?? ''), name);
    t.true(
      operands.slice(0, -1).every(({ count }) => count === 'one'),
      name,
    );
    t.notRegex(summary, /\.$/, name);
  }
});
