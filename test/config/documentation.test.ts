import { readFile } from 'node:fs/promises';
import test from 'ava';
import { SETTING_KEYS, SETTINGS, variableOf } from '../../src/config/schema.ts';
import { inRepository } from '../helpers/folder.ts';

test('config: docs/configuration.md has every setting with its variable, default and meaning, and no other', async (t) => {
  const text = await readFile(inRepository('docs/configuration.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `--'));
  t.deepEqual(
    rows,
    SETTING_KEYS.map((key) => {
      const { name, default: fallback, describe } = SETTINGS[key];
      const shown = fallback === '' ? '' : `\`${fallback}\``;
      return `| \`--${name}\` | \`${variableOf(name)}\` | ${shown} | ${describe} |`;
    }),
  );
});
