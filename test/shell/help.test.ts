import { readFile } from 'node:fs/promises';
import test from 'ava';
import { COMMANDS } from '../../src/shell/commands/table.ts';
import { inRepository } from '../helpers/folder.ts';
import { createHome, run } from './fixtures.ts';

test('help: lists every command with its aliases', async (t) => {
  const { text, status } = await run({ home: createHome() }, 'help');
  t.is(status, 0);
  for (const { name, aliases, summary } of COMMANDS) {
    t.true(text.includes(`  ${[name, ...aliases].join(', ')} `), name);
    t.true(text.replace(/\s+/g, ' ').includes(summary), summary);
  }
});

test('help: explains each command and each option', async (t) => {
  for (const command of COMMANDS) {
    const { text } = await run({ home: createHome() }, `help ${command.name}`);
    t.true(text.startsWith(`usage: ${command.name}`), text);
    for (const option of Object.values(command.options)) t.true(text.includes(option.summary.slice(0, 20)), text);
  }
});

test('commands: no name or alias stands for two', (t) => {
  const names = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  t.is(new Set(names).size, names.length);
});

test('docs/shell.md: has a row for every command, and none for others', async (t) => {
  const page = await readFile(inRepository('docs/shell.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, usage = '']) => usage.split(' ')[0] ?? '');
  t.deepEqual(
    rows,
    COMMANDS.map(({ name }) => name),
  );
});
