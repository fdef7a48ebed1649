// Runs one line of the interactive client: finds the command, checks its words, reports what it throws.

import { isConnectionError } from '../../client/connection-error.ts';
import { isFileError } from '../../model/error.ts';
import { EXIT } from '../exit-code.ts';
import { exitCodeOf } from '../failure.ts';
import { UsageError } from '../usage-error.ts';
import type { InteractiveCommand, InteractiveContext } from './command.ts';
import { findCommand, unknownCommand } from './commands.ts';
import { parseWords, type Word } from './words.ts';

/**
 * Resolves to the exit status of the line, or to `quit`. Empty lines and those that begin with # do nothing.
 *
 * @throws what ended the connection
 */
export async function runLine(
  context: InteractiveContext,
  line: string,
  signal: AbortSignal,
): Promise<number | 'quit'> {
  try {
    const [first, ...rest] = parseWords(line);
    if (first === undefined || first.raw.startsWith('#')) return EXIT.ok;
    const command = findCommand(first.text);
    if (command === undefined) throw new UsageError(unknownCommand(first.text));
    const { words, options } = separate(command, rest);
    return await command.run({ context, words, options, signal });
  } catch (error) {
    if (isConnectionError(error) || isFileError(error, 'closed')) throw error;
    context.makeReport().failed('', error);
    return exitCodeOf(error);
  }
}

/** Options stand anywhere before `--`. */
function separate(command: InteractiveCommand, rest: readonly Word[]): { words: Word[]; options: Set<string> } {
  const words: Word[] = [];
  const options = new Set<string>();
  let onlyWords = false;
  for (const word of rest) {
    if (!onlyWords && word.raw === '--') onlyWords = true;
    else if (onlyWords || !/^-./.test(word.raw)) words.push(word);
    else if (command.options.includes(word.text)) options.add(word.text);
    else throw new UsageError(`${command.name} has no option ${word.raw}: ${usageOf(command)}`);
  }
  if (words.length < command.least || words.length > command.most) throw new UsageError(`Usage: ${usageOf(command)}`);
  return { words, options };
}

function usageOf({ name, usage }: InteractiveCommand): string {
  return `${name} ${usage}`.trim();
}
