// The JSON schema of sshome.yaml, made of the tables that read it. Published as docs/sshome.schema.json.

import { described, type JsonSchema } from './json-schema.ts';
import { SECTIONS } from './rules.ts';
import { SETTING_KEYS, SETTINGS } from './schema.ts';
import { schemaOf } from './setting.ts';

export function configSchema(): JsonSchema {
  const settings = SETTING_KEYS.map((key) => {
    const { name, read, describe, default: fallback } = SETTINGS[key];
    return [
      name,
      described(schemaOf(read), fallback === '' ? describe : `${describe} [default: ${fallback}]`),
    ] as const;
  });
  const sections = Object.entries(SECTIONS).map(
    ([name, { form, describe }]) => [name, described(form.schema, describe)] as const,
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'sshome.yaml',
    description: 'Settings of an sshome server, and the rules for its users.',
    type: ['object', 'null'],
    properties: Object.fromEntries([...settings, ...sections]),
    additionalProperties: false,
  };
}
