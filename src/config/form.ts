// What a part of the YAML file looks like: a form reads it, notes every mistake in it, and has a JSON schema, so that the
// two can't say different things. Pieces of forms are put together here; which there are stands in the rules-*.ts files.

import type { FileNode } from './file-node.ts';
import { isMap } from './file-node.ts';
import { described, type JsonSchema } from './json-schema.ts';
import { type ReadSetting, SettingError, schemaOf, show } from './setting.ts';

/** What comes out of `read` after a mistake is for nobody: the whole file is refused. */
export interface Form<Value> {
  readonly schema: JsonSchema;
  read(node: FileNode): Value | undefined;
}

interface Field<Value> {
  readonly describe: string;
  readonly form: Form<Value>;
  readonly required?: boolean;
}

/** One for each key that a map may have. */
export type Fields<Shape> = { readonly [Key in keyof Shape]-?: Field<Shape[Key]> };

/** One value, in the way of the settings. */
export function scalar<Value>(read: ReadSetting<Value>): Form<Value> {
  return {
    schema: schemaOf(read),
    read(node) {
      try {
        return read(node.value);
      } catch (error) {
        if (!(error instanceof SettingError)) throw error;
        node.wrong(error.message);
        return undefined;
      }
    },
  };
}

/** What `form` reads, or `none`, which is undefined. */
export function orNone<Value>(form: Form<Value>): Form<Value | undefined> {
  return {
    schema: { anyOf: [form.schema, { const: 'none' }] },
    read: (node) => (node.value === 'none' ? undefined : form.read(node)),
  };
}

/** A list of what `form` reads; `what` is said of anything else. No two members are the same. */
export function listOf<Value>(
  form: Form<Value>,
  what: string,
  { least = 0 }: { readonly least?: number } = {},
): Form<Value[]> {
  return {
    schema: { type: 'array', items: form.schema, uniqueItems: true, ...(least > 0 ? { minItems: least } : {}) },
    read(node) {
      if (!Array.isArray(node.value)) {
        node.wrong(`${show(node.value)} is no list of ${what}`);
        return undefined;
      }
      if (node.value.length < least) node.wrong('the list is empty: name something, or leave the key out');
      const seen = new Set<string>();
      return node.items().flatMap((item) => {
        const written = show(item.value);
        if (seen.has(written)) item.wrong(`${written} is named twice`);
        seen.add(written);
        const value = form.read(item);
        return value === undefined ? [] : [value];
      });
    },
  };
}

/** A map with these keys and no others; `what` is said of anything else. What the file leaves out, the result does. */
export function record<Shape extends object>(what: string, fields: Fields<Shape>): Form<Partial<Shape>> {
  const named = Object.entries<Field<unknown>>(fields);
  const required = named.filter(([, field]) => field.required === true).map(([key]) => key);
  return {
    schema: {
      type: required.length > 0 ? 'object' : ['object', 'null'],
      properties: Object.fromEntries(named.map(([key, { form, describe }]) => [key, described(form.schema, describe)])),
      additionalProperties: false,
      ...(required.length > 0 ? { required } : {}),
    },
    read(node) {
      const result: Record<string, unknown> = {};
      if (!isMap(node.value) && (node.value !== null || required.length > 0)) {
        node.wrong(`${show(node.value)} is no ${what}, which has ${namesOf(fields)}`);
        return undefined;
      }
      const entries = node.entries();
      for (const entry of entries) {
        const field = Object.hasOwn(fields, entry.key) ? fields[entry.key as keyof Shape] : undefined;
        if (field === undefined) entry.wrong(`a ${what} has no ${entry.key}; it has ${namesOf(fields)}`);
        else result[entry.key] = field.form.read(entry);
      }
      for (const key of required) {
        if (!entries.some((entry) => entry.key === key)) node.wrong(`this ${what} has no ${key}`);
      }
      return result as Partial<Shape>;
    },
  };
}

/** What may be a key of a map whose keys are names that people give. */
export interface KeyRule {
  readonly isKey: (key: string) => boolean;
  /** The rule in words, for whoever is refused. */
  readonly rule: string;
  /** The same as a regular expression, for editors. */
  readonly pattern: string;
}

/** A map from names to what `form` reads; `make` gets the name with it. Without anything it is empty. */
export function namedMap<Read, Value>(
  keys: KeyRule,
  form: Form<Read>,
  make: (name: string, read: Read, node: FileNode) => Value,
): Form<Map<string, Value>> {
  return {
    schema: {
      type: ['object', 'null'],
      propertyNames: { pattern: keys.pattern },
      additionalProperties: form.schema,
    },
    read(node) {
      const map = new Map<string, Value>();
      if (!isMap(node.value) && node.value !== null) {
        node.wrong(`${show(node.value)} is no map of names, each as \`NAME: {...}\``);
        return undefined;
      }
      for (const entry of node.entries()) {
        if (!keys.isKey(entry.key)) entry.wrong(`${show(entry.key)} is no such name: ${keys.rule}`);
        const value = form.read(entry);
        if (value !== undefined) map.set(entry.key, make(entry.key, value, entry));
      }
      return map;
    },
  };
}

function namesOf(fields: object): string {
  return Object.keys(fields).join(', ');
}
