// Changes a value within `{...}` or `[...]` of a YAML text and leaves every other byte of it, blanks too.

import { isCollection, isMap, isNode, isScalar, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';

type Path = readonly (string | number)[];

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Undefined where it is of a form that can't be cut. `written` is a value on one line. */
export function cutFlow(
  text: string,
  flow: YAMLMap | YAMLSeq,
  [key = '', ...rest]: Path,
  { value, written }: { value: unknown; written: (value: unknown) => string },
): string | undefined {
  const members: readonly unknown[] = flow.items;
  const spans = members.map(spanOf);
  const at = isMap(flow) ? members.findIndex((member) => keyOf(member) === String(key)) : Number(key);
  const member = members[at];
  const span = spans[at];
  if (member === undefined) {
    const last = spans.at(-1);
    if (value === undefined || last === undefined || !isMap(flow)) return undefined;
    const made = rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    return replaced(text, { start: last.end, end: last.end }, `, ${written({ [key]: made }).slice(1, -1)}`);
  }
  const node = isMap(flow) ? (member as Pair).value : member;
  if (!isNode(node) || node.range == null || span === undefined) return undefined;
  const [start, end] = node.range;
  if (rest.length > 0) return isCollection(node) ? cutFlow(text, node as YAMLMap, rest, { value, written }) : undefined;
  if (value !== undefined) return start === end ? undefined : replaced(text, { start, end }, written(value));
  // With the comma before it, or behind it where none is before.
  const before = spans[at - 1];
  const next = spans[at + 1];
  if (before !== undefined) return replaced(text, { start: before.end, end: span.end }, '');
  return next === undefined ? replaced(text, span, '') : replaced(text, { start: span.start, end: next.start }, '');
}

function keyOf(member: unknown): string | undefined {
  const { key } = member as Pair;
  return isScalar(key) ? String(key.value) : undefined;
}

function spanOf(member: unknown): Span | undefined {
  if (isNode(member)) return member.range == null ? undefined : { start: member.range[0], end: member.range[1] };
  const { key, value } = member as Pair;
  if (!isNode(key) || !isNode(value) || key.range == null || value.range == null) return undefined;
  return { start: key.range[0], end: value.range[1] };
}

function replaced(text: string, { start, end }: Span, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}
