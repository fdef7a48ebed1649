// The published schema is what the readers' tables say, and says what the readers do.

import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import test from 'ava';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config/config-file.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { SETTING_KEYS, SETTINGS } from '../../src/config/schema.ts';
import { inRepository } from '../helpers/folder.ts';
import { FULL } from './rules-samples.ts';

// A value may be a number or a text, each with its own bounds.
const validate = new Ajv({ allowUnionTypes: true, strictTypes: false, allErrors: true }).compile(configSchema());

test('schema: docs/sshome.schema.json is what `sshome config schema` prints', async (t) => {
  const published = await readFile(inRepository('docs/sshome.schema.json'), 'utf8');
  t.is(
    published,
    `${JSON.stringify(configSchema(), null, 2)}\n`,
    'renew it: sshome config schema > docs/sshome.schema.json',
  );
});

test('schema: what the readers take, editors take', (t) => {
  for (const text of [FULL, 'port: 2222\nhost: 0.0.0.0\n', '']) {
    t.deepEqual(parseConfig(text, 'f').problems, []);
    t.true(validate(parse(text)), JSON.stringify(validate.errors));
  }
  const defaults = Object.fromEntries(SETTING_KEYS.map((key) => [SETTINGS[key].name, SETTINGS[key].default]));
  t.true(validate(defaults), JSON.stringify(validate.errors));
});

const WRONG = [
  'prot: 1',
  'port: 70000',
  'log-level: loud',
  'grace: soon',
  'roles: { a: { rule: [] } }',
  'roles: { a: { rules: [{ path: x, allow: [list] }] } }',
  'roles: { a: { rules: [{ path: /x, allow: [lst] }] } }',
  'roles: { a: { rules: [{ allow: [list] }] } }',
  'roles: { a: { names: { hidden: [a/b] } } }',
  'groups: { a: { members: [alice, alice] } }',
  'folders: { a: { at: / } }',
  'users: { alice: { roles: [] } }',
  'users: { alice: { quota: much } }',
  'users: { alice: { methods: [totp] } }',
  'users: { alice: { login-hours: [monday] } }',
  'passwords: { min-length: 0 }',
];

for (const text of WRONG) {
  test(`schema: what the readers refuse, editors refuse: ${text}`, (t) => {
    t.not(parseConfig(text, 'f').problems.length, 0);
    t.false(validate(parse(text)));
  });
}
