// Changes single values of a YAML text and leaves every other byte as it is: comments, order, blank lines, quotes, line
// ends. Whatever was done to the text, what it says in the end is compared with what it should say. Text in, text out;
// knows nothing of what the file is about.

import { isDeepStrictEqual } from 'node:util';
import { type Document, parseDocument } from 'yaml';
import { cutAndJoin } from './cut-yaml.ts';

/** Keys from the top; a number is a member of a list, which must be there. */
export type YamlPath = readonly (string | number)[];

/** The text can't be changed: it is no YAML, or no map of names. The message says where. */
export class YamlEditError extends Error {
  override readonly name = 'YamlEditError';
}

/**
 * Makes `value` (text, a number, or a list of such or of maps) what stands at `path`; makes the maps on the way. Undefined
 * removes what stands there; a member of a list can be removed as a whole, and changed in its parts alone.
 *
 * @throws YamlEditError
 */
export function setInYaml(text: string, path: YamlPath, value: unknown): string {
  const document = parse(text);
  const before = contentOf(document);
  const wanted = withValue(before, path, value);
  if (isDeepStrictEqual(before, wanted)) return text;
  const edits = [() => cutAndJoin({ text, document, path, value }), () => writeAnew(document, path, value)];
  for (const edit of edits) {
    const after = edit();
    if (after !== undefined && says(after, wanted)) return after;
  }
  throw new YamlEditError(`the value of ${path.join('.')} can't be changed here: edit the file by hand`);
}

/** What the text says, as plain data. @throws YamlEditError */
export function yamlContent(text: string): Readonly<Record<string, unknown>> {
  return contentOf(parse(text));
}

function parse(text: string): Document.Parsed {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    throw new YamlEditError(`line ${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`);
  }
  return document;
}

function contentOf(document: Document.Parsed): Readonly<Record<string, unknown>> {
  const content = plainOf(document) ?? {};
  if (!isPlainMap(content)) throw new YamlEditError('this is not a map of names');
  return content;
}

function plainOf(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias that stands for nothing, or for too much, shows only here.
    if (error instanceof ReferenceError) throw new YamlEditError(error.message);
    throw error;
  }
}

/** Whether the text is YAML that says exactly this, keys in whatever order. */
function says(text: string, wanted: unknown): boolean {
  const document = parseDocument(text);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS() ?? {}, wanted);
}

/** `content` with another value at `path`. */
function withValue(content: unknown, [key, ...rest]: YamlPath, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(content)) {
    if (rest.length === 0 && value === undefined) return content.filter((_, index) => index !== key);
    return content.map((item: unknown, index) => (index === key ? withValue(item, rest, value) : item));
  }
  const map = isPlainMap(content) ? content : {};
  const old = Object.hasOwn(map, key) ? map[key] : undefined;
  if (value === undefined && old === undefined) return content;
  const next = withValue(old, rest, value);
  // Not assigned: `__proto__` can be the name of a user.
  return next === undefined
    ? Object.fromEntries(Object.entries(map).filter(([name]) => name !== key))
    : { ...map, [key]: next };
}

function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The whole document, written by yaml: the comments stay, and some of the rest changes its form. */
function writeAnew(document: Document.Parsed, path: YamlPath, value: unknown): string | undefined {
  try {
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
  } catch {
    // Something on the way is no map.
    return undefined;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
