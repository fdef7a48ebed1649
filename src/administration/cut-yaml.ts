// Cuts a YAML text at the places that yaml's Document knows, and joins it again around one value. The Document as a whole,
// written anew, moves comments and blank lines; so it is asked for places alone. What comes out is for edit-yaml.ts to
// check: of the forms that YAML has, those that people write by hand are known here, and others may come out wrong.

import { isDeepStrictEqual } from 'node:util';
import {
  Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { cutFlow } from './cut-flow.ts';

type KeyPair = Pair<unknown, unknown>;
type Path = readonly (string | number)[];

export interface CutParts {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly path: Path;
  readonly value: unknown;
}

/** The text with `value` at `path`, which undefined removes. Undefined where the text is of a form that can't be cut. */
export function cutAndJoin({ text, document, path, value }: CutParts): string | undefined {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  let map: unknown = document.contents;
  let above: KeyPair | undefined;
  for (const [depth, key] of path.entries()) {
    const last = depth === path.length - 1;
    if (map === null || isEmptyScalar(map)) {
      const lines = blockLines(path.slice(depth), value);
      return above === undefined ? joinAtEnd(text, lines, end) : putBelow(text, above, lines, end);
    }
    const place = placeOf(map);
    if (!isCollection(map) || place === undefined || isDecorated(map)) return undefined;
    if (map.flow === true) {
      const inner = path.slice(depth);
      const cut = cutFlow(text, map, inner, { value, written: flowText });
      return cut ?? replaceFlow(text, place, map, inner, value);
    }
    if (isSeq(map)) {
      if (last) return above && withoutMember(text, above, map, Number(key), end);
      map = map.items[Number(key)];
      above = undefined;
      continue;
    }
    const pair: KeyPair | undefined = map.items.find((item) => keyText(item) === key);
    if (pair === undefined) {
      const lines = blockLines(path.slice(depth), value);
      // A new section comes last, behind comments that may be of the whole file.
      return depth === 0 ? joinAtEnd(text, lines, end) : insertInto(text, map, lines, end);
    }
    if (last && value === undefined) {
      // Of a map without keys nothing would be left to see that it is one.
      if (above !== undefined && map.items.length === 1) return putValue(text, above, {}, end);
      return removePair(text, pair);
    }
    if (last) return putValue(text, pair, value, end);
    above = pair;
    map = pair.value;
  }
  return undefined;
}

function keyText({ key }: KeyPair): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null && !isDecorated(node);
}

/** Whether other places may mean this one, or something else is meant than what stands there. */
function isDecorated(node: unknown): boolean {
  return isNode(node) && (('anchor' in node && node.anchor !== undefined) || node.tag !== undefined);
}

/** `a:`, `  b: value`: the keys one in another, without an indentation of their own. */
function blockLines(keys: Path, value: unknown): string[] {
  return keys.map((key, depth) => {
    const isLast = depth === keys.length - 1;
    return `${'  '.repeat(depth)}${flowText(key)}:${isLast ? ` ${flowText(value)}` : ''}`;
  });
}

/** A value on one line. */
function flowText(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

/** Writes a flow map or list anew, all of it, with another value in it. */
function replaceFlow(
  text: string,
  place: Place,
  flow: YAMLMap | YAMLSeq,
  path: Path,
  value: unknown,
): string | undefined {
  const alone = new Document();
  const edited = flow.clone() as typeof flow;
  // What stands behind it stays where it is.
  edited.comment = null;
  try {
    if (value === undefined) edited.deleteIn(path);
    else edited.setIn(path, alone.createNode(value));
    alone.contents = edited as never;
    return replace(text, place, alone.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd());
  } catch {
    // Something on the way is no map, or means a place outside of it.
    return undefined;
  }
}

function replace(text: string, { start, end }: Place, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

function joinAtEnd(text: string, lines: readonly string[], end: string): string {
  return insertLines(text, text.length, lines, end);
}

/** Adds lines after the last key of a block map. */
function insertInto(text: string, map: YAMLMap, lines: readonly string[], end: string): string | undefined {
  const first = placeOf(map.items[0]?.key);
  const last = map.items.at(-1);
  const indentation = first && indentationAt(text, first.start);
  const at = last && endOfPair(text, last);
  if (indentation === undefined || at === undefined) return undefined;
  return insertLines(
    text,
    at,
    lines.map((line) => indentation + line),
    end,
  );
}

/** Gives a key without a value some keys of its own. */
function putBelow(text: string, above: KeyPair, lines: readonly string[], end: string): string | undefined {
  const key = placeOf(above.key);
  const nothing = placeOf(above.value);
  const indentation = key && indentationAt(text, key.start);
  if (key === undefined || indentation === undefined || nothing === undefined) return undefined;
  const without = replace(text, nothing, '');
  return insertLines(
    without,
    nextLine(without, key.end),
    lines.map((line) => `${indentation}  ${line}`),
    end,
  );
}

/** Takes a key with all of its value away; comments above it stay. */
function removePair(text: string, pair: KeyPair): string | undefined {
  const key = placeOf(pair.key);
  const at = endOfPair(text, pair);
  if (key === undefined || at === undefined || !beginsLine(text, key.start)) return undefined;
  return text.slice(0, lineStart(text, key.start)) + text.slice(at);
}

/** Puts a value in the place of the one that a key has; a list keeps its form. */
function putValue(text: string, { key, value }: KeyPair, next: unknown, end: string): string | undefined {
  const keyPlace = placeOf(key);
  const place = placeOf(value);
  if (keyPlace === undefined || place === undefined || isDecorated(value)) return undefined;
  if (isSeq(value) && value.flow !== true && Array.isArray(next)) {
    const changed = changeItems(text, value, next, end);
    if (changed !== undefined) return changed;
  }
  const behindColon = text.indexOf(':', keyPlace.end) + 1;
  if (isNothing(value)) return replace(text, { start: behindColon, end: behindColon }, ` ${flowText(next)}`);
  const isBlock = isCollection(value) && value.flow !== true;
  const valueEnd = isBlock ? endOf(text, value) : place.end;
  if (valueEnd === undefined) return undefined;
  // What holds the end of its last line, as blocks and folded texts do, is replaced by a line with an end.
  const by = flowText(next) + (text[valueEnd - 1] === '\n' ? end : '');
  return isBlock
    ? replace(text, { start: behindColon, end: valueEnd }, ` ${by}`)
    : replace(text, { start: place.start, end: valueEnd }, by);
}

/** Takes one member out of the list that is the value of `pair`. */
function withoutMember(text: string, pair: KeyPair, list: YAMLSeq, index: number, end: string): string | undefined {
  const members: unknown = list.toJSON();
  if (!Array.isArray(members)) return undefined;
  return putValue(
    text,
    pair,
    members.filter((_, at) => at !== index),
    end,
  );
}

/** Takes single members out of a block list, and adds others at its end; undefined for any other change. */
function changeItems(text: string, list: YAMLSeq, next: readonly unknown[], end: string): string | undefined {
  const old = list.items.map((item) => ({ node: item, value: isNode(item) ? (item.toJSON() as unknown) : item }));
  const isKept = ({ value }: { readonly value: unknown }): boolean => next.some((one) => isDeepStrictEqual(one, value));
  const kept = old.filter(isKept).map(({ value }) => value);
  const listPlace = placeOf(list);
  const dash = listPlace && indentationAt(text, listPlace.start);
  if (kept.length === 0 || listPlace === undefined || dash === undefined) return undefined;
  if (!isDeepStrictEqual(kept, next.slice(0, kept.length))) return undefined;
  const added = next.slice(kept.length).map((one) => `${dash}- ${flowText(one)}`);
  let changed = insertLines(text, endOf(text, list) ?? text.length, added, end);
  for (const { node } of old.filter((one) => !isKept(one)).reverse()) {
    const place = placeOf(node);
    const until = endOf(text, node);
    if (place === undefined || until === undefined) return undefined;
    changed = changed.slice(0, lineStart(text, place.start)) + changed.slice(until);
  }
  return changed;
}

/** Lines at the beginning of a line, or behind a last line that has no end. */
function insertLines(text: string, at: number, lines: readonly string[], end: string): string {
  const before = text.slice(0, at);
  const gap = lines.length === 0 || before === '' || before.endsWith('\n') ? '' : end;
  return before + gap + lines.map((line) => line + end).join('') + text.slice(at);
}

/**
 * Where the line begins after the last one of `node`. What yaml says of a block is not asked: it counts comments in that
 * stand behind its last key.
 */
function endOf(text: string, node: unknown): number | undefined {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last && endOfPair(text, last);
  }
  if (isSeq(node) && node.flow !== true) return endOf(text, node.items.at(-1));
  const place = placeOf(node);
  if (place === undefined) return undefined;
  return place.start === place.end ? nextLine(text, place.end) : wholeLines(text, place.end);
}

function endOfPair(text: string, { key, value }: KeyPair): number | undefined {
  // Where the nothing stands that is no value is not said exactly: it is told from the key.
  return isNode(value) && !isNothing(value) ? endOf(text, value) : endOf(text, key);
}

/** Whether no value is written at all. */
function isNothing(node: unknown): boolean {
  const place = placeOf(node);
  return place !== undefined && place.start === place.end;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where a node stands, without the comments after it. */
function placeOf(node: unknown): Place | undefined {
  return isNode(node) && node.range ? { start: node.range[0], end: node.range[1] } : undefined;
}

/** The end of the line that what ends at `end` ends on; blocks have their last line end in them. */
function wholeLines(text: string, end: number): number {
  return text[end - 1] === '\n' ? end : nextLine(text, end);
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function nextLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline + 1;
}

/** The blanks before `at` on its line, the dash of a list member counted as one; undefined when there is more. */
function indentationAt(text: string, at: number): string | undefined {
  const before = text.slice(lineStart(text, at), at);
  return /^[ ]*(?:- +)*$/.test(before) ? ' '.repeat(before.length) : undefined;
}

/** Whether nothing stands before `at` on its line. */
function beginsLine(text: string, at: number): boolean {
  return /^ *$/.test(text.slice(lineStart(text, at), at));
}
