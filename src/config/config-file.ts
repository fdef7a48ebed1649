// The YAML file, sshome.yaml: flat settings and the sections of the rules. Read whole and checked whole: every mistake is
// a sentence that begins with FILE:LINE.

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { DEFAULT_RULES } from '../model/default-rules.ts';
import { errnoInWords } from '../model/errno.ts';
import type { Rules } from '../model/rules.ts';
import { judgeAccess, mendWritable } from '../text-files/file-access.ts';
import { isPassing, isSystemError, readSmallFile, UnfitFileError } from '../text-files/small-file.ts';
import { createNode, isMap as isPlainMap, type NodePath } from './file-node.ts';
import { isRulesSection, knownNames, RULES_SECTIONS, readRules } from './rules.ts';
import { SETTING_KEYS, SETTINGS } from './schema.ts';
import { SettingError } from './setting.ts';

/** A line for each of some ten thousand users, and more: what is longer is no file of settings. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** A value as somebody wrote it, and where. */
export interface Written {
  readonly value: unknown;
  /** The flag, the variable, or the line of the file. */
  readonly from: string;
  /** The same, for the head of a message. */
  readonly where: string;
}

export interface ConfigFile {
  /** By name. */
  readonly settings: ReadonlyMap<string, Written>;
  readonly rules: Rules;
  readonly problems: readonly string[];
  /** Whether it is a map of names at all, whatever is wrong with what they stand for. */
  readonly isMap: boolean;
  /** Whether nothing stands in it, or comments alone. */
  readonly isEmpty: boolean;
  /** See SmallFile; undefined when there is no file. */
  readonly stamp: string | undefined;
  /** The system may let the file be read in a moment: see isPassing. */
  readonly isPassing?: boolean;
}

interface Mistake {
  readonly line: number;
  readonly what: string;
}

/**
 * Reads the file, which is called `label` in messages; undefined when there is none. What is wrong with it is in
 * `problems`, and when there are any, the rest is not to be used.
 */
export async function readConfigFile(file: string, label: string = file): Promise<ConfigFile | undefined> {
  try {
    const { bytes, stats, stamp } = await readSmallFile(file, MAX_FILE_BYTES);
    const parsed = parseConfig(bytes.toString('utf8'), label);
    if (!parsed.hasRules || !judgeAccess(stats).writableByOthers) return { ...parsed, stamp };
    const problem = `${label}: other users of this machine can change these rules; mend it with: ${mendWritable(label)}`;
    return { ...parsed, stamp, problems: [problem, ...parsed.problems] };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    const why =
      error instanceof UnfitFileError ? error.message : isSystemError(error) ? errnoInWords(error.code) : undefined;
    if (why === undefined) throw error;
    const problem = `${label}: can't be read (${why})`;
    return {
      settings: new Map(),
      rules: DEFAULT_RULES,
      stamp: undefined,
      problems: [problem],
      isMap: false,
      isEmpty: false,
      isPassing: isPassing(error),
    };
  }
}

/** Reads the text of a file. */
export function parseConfig(
  text: string,
  label: string,
): Omit<ConfigFile, 'stamp' | 'isPassing'> & { readonly hasRules: boolean } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const mistakes: Mistake[] = document.errors.map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    what: yamlTrouble(error),
  }));
  const content = mistakes.length > 0 ? {} : contentOf(document, mistakes);
  const isMap = mistakes.length === 0;
  const lineOf = (path: NodePath): number => lines.linePos(offsetOf(document, path)).line;
  const settings = readSettings(content, { label, lineOf, mistakes });
  const top = createNode({
    content,
    known: knownNames(content),
    tell: (path, what) => {
      const name = path.filter((key) => typeof key === 'string').join('.');
      mistakes.push({ line: lineOf(path), what: `${name}: ${what}` });
    },
  });
  const rules = readRules(top);
  mistakes.sort((one, other) => one.line - other.line);
  return {
    settings,
    rules,
    problems: mistakes.map(({ line, what }) => `${label}:${line}: ${what}`),
    isMap,
    isEmpty: isMap && document.contents === null,
    hasRules: Object.keys(content).some(isRulesSection),
  };
}

/** In one sentence, without the place, which stands before it, and without advice to programmers. */
function yamlTrouble({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here, with `---`; the file has one';
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}

function contentOf(document: Document.Parsed, mistakes: Mistake[]): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = document.contents === null ? {} : document.toJS();
  } catch (error) {
    // An alias that stands for nothing, or for too much, shows only here.
    if (!(error instanceof ReferenceError)) throw error;
    mistakes.push({ line: 1, what: error.message });
    return {};
  }
  if (isPlainMap(content)) return content;
  if (content !== null) mistakes.push({ line: 1, what: 'this is not a list of settings, each as `name: value`' });
  return {};
}

function readSettings(
  content: Readonly<Record<string, unknown>>,
  about: { label: string; lineOf: (path: NodePath) => number; mistakes: Mistake[] },
): Map<string, Written> {
  const { label, lineOf, mistakes } = about;
  const settings = new Map<string, Written>();
  const byName = new Map(SETTING_KEYS.map((key) => [SETTINGS[key].name, SETTINGS[key]]));
  for (const [name, value] of Object.entries(content)) {
    if (isRulesSection(name)) continue;
    const line = lineOf([name]);
    const setting = byName.get(name);
    if (setting === undefined) {
      const names = [...byName.keys()].join(', ');
      mistakes.push({
        line,
        what: `there is no setting ${name}; there are ${names}, and ${RULES_SECTIONS.join(', ')}`,
      });
      continue;
    }
    settings.set(name, { value, from: `${label}:${line}`, where: `${label}:${line}: ${name}` });
    try {
      setting.read(value);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      mistakes.push({ line, what: `${name}: ${error.message}` });
    }
  }
  return settings;
}

/** Where in the text the key or list member at `path` begins; 0 when it can't be told. */
function offsetOf(document: Document.Parsed, path: NodePath): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(isScalar(item.key) ? item.key.value : '') === key);
      offset = startOf(pair?.key) ?? offset;
      node = pair?.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
