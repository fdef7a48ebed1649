// What Tab does: the word before the cursor -> the names it can become. Knows commands by name and files through Files.

import { isFileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import { parsePath, type VirtualPath } from '../model/path.ts';
import { printable } from '../model/printable.ts';
import { parseOpenLine, quoteWord } from './parse.ts';

export interface Completion {
  /** Where the text begins that `text` replaces, up to the cursor. */
  readonly from: number;
  /** What all candidates have in common, quoted; the text as it was when that is not more. */
  readonly text: string;
  /** The names to choose from, as to be shown. */
  readonly candidates: readonly string[];
}

/** What an operand of a command can be; a list of words is for the first one alone. */
export type Completes = 'paths' | 'directories' | 'commands' | 'nothing' | readonly string[];

export interface CompletionScope {
  readonly files: Files;
  readonly directory: VirtualPath;
  readonly signal: AbortSignal;
  /** Every name and alias of a command. */
  readonly commands: readonly string[];
  /** The options of a command as they are typed, and what its operands are; undefined for an unknown command. */
  readonly describe: (
    command: string,
  ) => { readonly options: readonly string[]; readonly completes: Completes } | undefined;
}

/** Folders with more entries are completed from the first so many. */
const MAX_ENTRIES = 20_000;
const LIST_BATCH = 512;

interface Candidate {
  readonly text: string;
  readonly shown: string;
  /** Nothing can follow within the same word: a space is added. */
  readonly final: boolean;
}

export async function completeLine(beforeCursor: string, scope: CompletionScope): Promise<Completion> {
  const { words, open } = parseOpenLine(beforeCursor);
  const typed = beforeCursor.slice(open.start);
  const candidates = await candidatesFor(
    words.map((word) => word.text),
    open.text,
    open.home,
    scope,
  );
  const [only] = candidates;
  if (only === undefined) return { from: open.start, text: typed, candidates: [] };
  const common = candidates.reduce((prefix, { text }) => commonPrefix(prefix, text), only.text);
  const shown = candidates.map((candidate) => candidate.shown);
  if (candidates.length > 1 && common.length <= open.text.length) {
    return { from: open.start, text: typed, candidates: shown };
  }
  const finished = candidates.length === 1 && only.final;
  return { from: open.start, text: quoteOpen(common, open.home, open.quote, finished), candidates: shown };
}

/** The word as typed so far: a quote that was open stays open, `~/` stays unquoted. */
function quoteOpen(text: string, home: boolean, quote: '' | "'" | '"', finished: boolean): string {
  if (home) return `~/${text === '~/' ? '' : quoteWord(text.slice(2))}${finished ? ' ' : ''}`;
  const quoted = quoteWord(text, quote);
  if (finished) return `${quoted} `;
  const isOpen = quote !== '' || quoted.startsWith("'");
  return isOpen ? quoted.slice(0, -1) : quoted;
}

async function candidatesFor(
  words: readonly string[],
  text: string,
  home: boolean,
  scope: CompletionScope,
): Promise<Candidate[]> {
  const [command] = words;
  if (command === undefined) return fromList(scope.commands, text);
  const description = scope.describe(command);
  if (text.startsWith('-') && !words.includes('--')) return fromList(description?.options ?? [], text);
  const completes = description?.completes ?? 'paths';
  if (typeof completes !== 'string') return words.length === 1 ? fromList(completes, text) : [];
  switch (completes) {
    case 'commands':
      return fromList(scope.commands, text);
    case 'nothing':
      return [];
    case 'directories':
      return fromFolder(text, home, true, scope);
    case 'paths':
      return fromFolder(text, home, false, scope);
    default:
      return completes satisfies never;
  }
}

function fromList(names: readonly string[], text: string): Candidate[] {
  return names
    .filter((name) => name.startsWith(text))
    .sort()
    .map((name) => ({ text: name, shown: name, final: true }));
}

async function fromFolder(
  text: string,
  home: boolean,
  foldersOnly: boolean,
  { files, directory, signal }: CompletionScope,
): Promise<Candidate[]> {
  if (text === '~') return [{ text: '~/', shown: '~/', final: false }];
  const slash = text.lastIndexOf('/');
  const base = text.slice(0, slash + 1);
  const beginning = text.slice(slash + 1);
  const candidates: Candidate[] = [];
  try {
    const path = parsePath(home ? base.slice(1) : base, directory);
    const folder = await files.list(path);
    try {
      let seen = 0;
      for (let batch = await folder.read(LIST_BATCH); batch.length > 0; batch = await folder.read(LIST_BATCH)) {
        signal.throwIfAborted();
        for (const { name, attributes } of batch) {
          if (!name.startsWith(beginning) || (name.startsWith('.') && beginning === '')) continue;
          const isFolder =
            attributes.kind === 'directory' || (attributes.kind === 'link' && (await leadsToFolder(files, path, name)));
          if (foldersOnly && !isFolder) continue;
          const end = isFolder ? '/' : '';
          // A path that begins with a dash would be taken for an option.
          const start = text === '' && name.startsWith('-') ? './' : base;
          candidates.push({ text: start + name + end, shown: printable(name) + end, final: !isFolder });
        }
        seen += batch.length;
        if (seen >= MAX_ENTRIES) break;
      }
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!isFileError(error)) throw error;
  }
  return candidates.sort((one, other) => (one.text < other.text ? -1 : 1));
}

async function leadsToFolder(files: Files, folder: VirtualPath, name: string): Promise<boolean> {
  try {
    return (await files.stat(parsePath(name, folder))).kind === 'directory';
  } catch (error) {
    if (isFileError(error)) return false;
    throw error;
  }
}

/** By whole characters: half a surrogate pair would be another name. */
function commonPrefix(one: string, other: string): string {
  let length = 0;
  for (const character of one) {
    if (!other.startsWith(character, length)) break;
    length += character.length;
  }
  return one.slice(0, length);
}
