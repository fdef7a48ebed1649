// A line as the user typed it -> its words. Quoting as in POSIX (XCU 2.2): '...', "..." and backslash; what was quoted
// is remembered, so that only unquoted * ? [ are patterns. No pipes, redirections, variables or substitutions: a line
// that uses them is refused, because it was meant for a system shell and would do something else here.

/** One word of a line. */
export interface Word {
  /** The word with its quoting removed. */
  readonly text: string;
  /** The word as a pattern for model/glob-pattern.ts, quoted characters escaped; undefined when nothing in it is a pattern. */
  readonly pattern: string | undefined;
  /** Begins with an unquoted `~` that stands for the home: alone, or before a "/". */
  readonly home: boolean;
}

/** The word that the end of a line is in, for completion. */
export interface OpenWord {
  /** Where the word begins in the line, its quote included. */
  readonly start: number;
  readonly text: string;
  readonly home: boolean;
  /** The quote that is still open, if any. */
  readonly quote: '' | "'" | '"';
}

/** A line that is not one command with its words; the message is a sentence for the user. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}

const PATTERN_CHARACTERS = '*?[';
const SPECIAL_IN_PATTERN = '*?[]!^-\\';
const SEPARATORS = ' \t';
const DOUBLE_QUOTED_ESCAPES = '"\\$`';
const NEEDS_ESCAPE = /[\s'"\\*?[\]|&;<>()$`!#{}~]/g;

/** Splits a line into words. @throws ParseError An open quote, or syntax of a system shell. */
export function parseLine(line: string): Word[] {
  const scan = scanLine(line.replace(/[\r\n]+$/, ''), false);
  if (scan.quote !== '') throw new ParseError(`a quote (${scan.quote}) is not closed`);
  if (scan.escaped) throw new ParseError('nothing follows the backslash at the end');
  return scan.current === undefined ? scan.words : [...scan.words, wordOf(scan.current)];
}

/** Reads a line that is still being typed: the whole words, and the one that its end is in (empty after a space). */
export function parseOpenLine(line: string): { readonly words: readonly Word[]; readonly open: OpenWord } {
  const { words, current, quote } = scanLine(line, true);
  if (current === undefined) return { words, open: { start: line.length, text: '', home: false, quote: '' } };
  return { words, open: { start: current.start, text: current.text, home: wordOf(current).home, quote } };
}

/** The text written so that `parseLine` reads it back as this one word, within `quote` when that is open already. */
export function quoteWord(text: string, quote: '' | "'" | '"' = ''): string {
  if (quote === '"') return `"${text.replace(/["\\$`]/g, '\\$&')}"`;
  if (quote === "'" || text === '' || /[\u0000-\u001f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  return text.replace(NEEDS_ESCAPE, '\\$&');
}

interface Unfinished {
  readonly start: number;
  text: string;
  pattern: string;
  isPattern: boolean;
  startsUnquoted: boolean;
}

interface Scan {
  readonly words: Word[];
  readonly current: Unfinished | undefined;
  readonly quote: '' | "'" | '"';
  readonly escaped: boolean;
}

function scanLine(line: string, lenient: boolean): Scan {
  const words: Word[] = [];
  let current: Unfinished | undefined;
  let quote: '' | "'" | '"' = '';
  let escaped = false;

  const begin = (at: number, unquoted: boolean): Unfinished => {
    current ??= { start: at, text: '', pattern: '', isPattern: false, startsUnquoted: unquoted };
    return current;
  };
  const addQuoted = (at: number, character: string): void => {
    const word = begin(at, false);
    word.text += character;
    word.pattern += SPECIAL_IN_PATTERN.includes(character) ? `\\${character}` : character;
  };

  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (escaped) {
      escaped = false;
      if (quote === '"' && !DOUBLE_QUOTED_ESCAPES.includes(character)) addQuoted(at, '\\');
      addQuoted(at, character);
    } else if (character === '\\' && quote !== "'") {
      escaped = true;
      begin(at, false);
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else addQuoted(at, character);
    } else if (character === "'" || character === '"') {
      quote = character;
      begin(at, false);
    } else if (SEPARATORS.includes(character)) {
      if (current !== undefined) words.push(wordOf(current));
      current = undefined;
    } else {
      if (!lenient) refuseSystemSyntax(line, at);
      const word = begin(at, true);
      word.text += character;
      word.pattern += character;
      if (PATTERN_CHARACTERS.includes(character)) word.isPattern = true;
    }
  }
  return { words, current, quote, escaped };
}

function wordOf(word: Unfinished): Word {
  return {
    text: word.text,
    pattern: word.isPattern ? word.pattern : undefined,
    // Had the "/" been quoted it would stand escaped in the pattern; ~"/x" is rare enough to mean the home as well.
    home: word.startsUnquoted && (word.text === '~' || word.text.startsWith('~/')),
  };
}

function refuseSystemSyntax(line: string, at: number): void {
  const character = line.charAt(at);
  const used = character === '$' && line.charAt(at + 1) === '(' ? '$(' : character;
  if (!['|', '>', '<', ';', '&', '`', '$(', '\n', '\r'].includes(used)) return;
  const shown = used === '\n' || used === '\r' ? 'a line break' : used;
  throw new ParseError(`this is not a system shell: ${shown} has no meaning here (quote it if it is part of a name)`);
}
