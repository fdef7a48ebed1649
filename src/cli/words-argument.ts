// The words of a command that takes any number of them. yargs's own variadic arguments lose "-" and names that begin
// with "-" after "--"; what it leaves over does not.

import type { Argv } from 'yargs';

/** Lets the command take words beside its options. */
export function takeWords(program: Argv): Argv {
  return program.strict(false).strictOptions().parserConfiguration({ 'parse-positional-numbers': false });
}

/** The words after the name of the command, which has `depth` words itself. */
export function wordsOf(args: Readonly<Record<string, unknown>>, depth = 1): string[] {
  return (args['_'] as readonly unknown[]).slice(depth).map(String);
}
