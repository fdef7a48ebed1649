// The words `KEY=VALUE` by which verbs change what stands under one name of sshome.yaml. Whether a value is right is for
// the reader of the file to say: here it is only written in the form that its key has.

import { type VerbOperand, VerbUsageError } from '../model/administration.ts';
import { entryOf, type Section } from './rules-content.ts';
import type { RulesChange, RulesNow } from './rules-editor.ts';

/** `value`: text or a number. `list`: parted by commas. `lines`: parted by semicolons, for what has commas itself. */
type Form = 'value' | 'list' | 'lines';

/** The keys that can be set so. What else a section has is changed by verbs of its own. */
const KEYS: Readonly<Record<Exclude<Section, 'roles'>, Readonly<Record<string, Form>>>> = {
  users: {
    roles: 'list',
    quota: 'value',
    files: 'value',
    'max-sessions': 'value',
    'max-upload-size': 'value',
    'upload-speed': 'value',
    'download-speed': 'value',
    networks: 'list',
    methods: 'list',
    expires: 'value',
    'login-hours': 'lines',
  },
  groups: { roles: 'list' },
  folders: { at: 'value', quota: 'value', files: 'value' },
};

export function keyValueOperand(section: keyof typeof KEYS, count: VerbOperand['count']): VerbOperand {
  return {
    name: 'KEY=VALUE',
    count,
    summary: `${Object.keys(KEYS[section]).join(', ')}; nothing behind the = takes the key out`,
  };
}

/** The changes that `words` ask for. @throws VerbUsageError */
export function keyValueChanges(
  { content }: Pick<RulesNow, 'content'>,
  [section, name]: readonly [keyof typeof KEYS, string],
  words: readonly string[],
): RulesChange[] {
  const changes = words.map((word): RulesChange => {
    const equals = word.indexOf('=');
    const key = word.slice(0, Math.max(equals, 0));
    const form = Object.hasOwn(KEYS[section], key) ? KEYS[section][key] : undefined;
    if (form === undefined) {
      const keys = Object.keys(KEYS[section]).join(', ');
      throw new VerbUsageError(`${JSON.stringify(word)} is not KEY=VALUE, with one of ${keys}`);
    }
    return { path: [section, name, key], value: readValue(word.slice(equals + 1), form) };
  });
  const before = Object.keys(entryOf(content, section, name) ?? {});
  const gone = changes.filter(({ value }) => value === undefined).map(({ path }) => path[2]);
  const isEmpty = changes.length === gone.length && before.every((key) => gone.includes(key));
  // Of a user without rules nothing is said; a group or folder is there without them, too.
  return section === 'users' && isEmpty ? [{ path: [section, name], value: undefined }] : changes;
}

function readValue(text: string, form: Form): unknown {
  if (text === '') return undefined;
  if (form === 'value') return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
  const parts = text.split(form === 'list' ? ',' : ';').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

/** What stands under a name, in words: `quota 5G, roles viewer`. */
export function keyValuesShown(entry: Readonly<Record<string, unknown>> | undefined): string {
  const shown = Object.entries(entry ?? {}).map(([key, value]) => `${key} ${valueShown(value)}`);
  return shown.join('; ');
}

export function valueShown(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueShown).join(', ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
