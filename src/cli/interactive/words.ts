// A line of the interactive client as words: quotes and backslashes as in a shell, and nothing else of a shell.

import { UsageError } from '../usage-error.ts';

export interface Word {
  /** What was meant, quotes taken away. */
  readonly text: string;
  /** The same as a pattern: characters that were quoted stand for themselves. */
  readonly pattern: string;
  /** What was typed. */
  readonly raw: string;
}

/** @throws UsageError when a quote is not closed. */
export function parseWords(line: string): Word[] {
  const { words, open } = scan(line);
  if (open !== undefined) throw new UsageError(`The quote ${open} is not closed`);
  return words;
}

/** The words of an unfinished line. The last one is what is being typed: empty after a space. */
export function parseUnfinished(line: string): Word[] {
  const { words, open, inWord } = scan(line);
  return open !== undefined || inWord ? words : [...words, { text: '', pattern: '', raw: '' }];
}

function scan(line: string): { words: Word[]; open: string | undefined; inWord: boolean } {
  const words: Word[] = [];
  let text = '';
  let pattern = '';
  let start = -1;
  let quote: string | undefined;
  const take = (character: string, quoted: boolean): void => {
    text += character;
    pattern += quoted && /[*?[\]\\]/.test(character) ? `\\${character}` : character;
  };
  const end = (at: number): void => {
    if (start >= 0) words.push({ text, pattern, raw: line.slice(start, at) });
    text = '';
    pattern = '';
    start = -1;
  };
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (quote === undefined && /\s/.test(character)) {
      end(at);
      continue;
    }
    if (start < 0) start = at;
    if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) quote = character;
    else if (character === '\\' && quote !== "'" && at + 1 < line.length) {
      at += 1;
      take(line.charAt(at), true);
    } else take(character, quote !== undefined);
  }
  const inWord = start >= 0;
  end(line.length);
  return { words, open: quote, inWord };
}

/** The text with backslashes before what would mean something else. */
export function quoteWord(text: string): string {
  return text.replace(/[\s"'\\*?[\]]/g, '\\$&');
}
