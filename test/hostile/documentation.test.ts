// What docs/attacks.md and SECURITY.md say is tested is tested: each file is there, and holds a test of that title.

import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { inRepository } from '../helpers/folder.ts';

/** `test/file.test.ts` “title”, as both pages write it. */
const REFERENCE = /`(test\/[\w./-]+\.ts)` “([^”]+)”/g;

interface Named {
  readonly file: string;
  readonly title: string;
}

/** All that the page names. */
async function namedIn(page: string): Promise<Named[]> {
  const text = await readFile(inRepository(page), 'utf8');
  return [...text.matchAll(REFERENCE)].map(([, file = '', title = '']) => ({ file, title }));
}

async function isThere({ file, title }: Named): Promise<boolean> {
  const source = await readFile(inRepository(file), 'utf8').catch(() => '');
  return ['"', "'", '`'].some((quote) => source.includes(quote + title + quote));
}

for (const page of ['docs/attacks.md', 'SECURITY.md']) {
  test(`attacks: every test that ${page} names is there`, async (t) => {
    const named = await namedIn(page);
    t.true(named.length >= 30);
    for (const one of named) t.true(await isThere(one), `${one.file}: ${one.title}`);
  });
}

test('attacks: every row of a table with tests names one', async (t) => {
  for (const page of ['docs/attacks.md', 'SECURITY.md']) {
    let lastCell = '';
    for (const line of (await readFile(inRepository(page), 'utf8')).split('\n')) {
      if (!line.startsWith('| ')) {
        // The line of dashes goes on with the table.
        if (!line.startsWith('|')) lastCell = '';
        continue;
      }
      const cell = line.split(' | ').at(-1) ?? '';
      if (lastCell === '') lastCell = cell;
      else if (lastCell === 'tests |') t.true(cell.startsWith('`test/') && cell.includes('“'), line);
    }
  }
});

test('attacks: every file of attacks stands in docs/attacks.md', async (t) => {
  const named = new Set((await namedIn('docs/attacks.md')).map(({ file }) => file));
  const own = 'documentation.test.ts';
  const files = (await readdir(inRepository('test/hostile'))).filter(
    (name) => name.endsWith('.test.ts') && name !== own,
  );
  for (const name of files) t.true(named.has(`test/hostile/${name}`), name);
});
