// Tab completion: commands, and the names of the remote or the local folder.

import { resolve } from 'node:path';
import { listLocal } from '../../client/local-files.ts';
import { parsePath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import type { InteractiveContext } from './command.ts';
import { findCommand, INTERACTIVE_COMMANDS } from './commands.ts';
import { parseUnfinished, quoteWord } from './words.ts';

/** What the line may go on with, and the part of it that they replace: the form of node:readline. */
export async function complete(context: InteractiveContext, line: string): Promise<[string[], string]> {
  const words = parseUnfinished(line);
  const last = words.at(-1);
  if (last === undefined || words.length === 1) {
    const typed = last?.raw ?? '';
    const names = INTERACTIVE_COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]).sort();
    return [names.filter((name) => name.startsWith(typed)).map((name) => `${name} `), typed];
  }
  const position = words.slice(1, -1).filter(({ raw }) => !raw.startsWith('-')).length;
  const side = findCommand(words[0]?.text ?? '')?.completes?.(position);
  if (side === undefined) return [[], last.raw];
  const slash = last.text.lastIndexOf('/') + 1;
  const folder = last.text.slice(0, slash);
  const begun = last.text.slice(slash);
  const entries = await Promise.all([
    side === 'local' ? [] : remoteNames(context, folder),
    side === 'remote' ? [] : localNames(context, folder),
  ]);
  const hits = entries
    .flat()
    .filter(({ name }) => name.startsWith(begun) && (begun.startsWith('.') || !name.startsWith('.')))
    // readline writes the names as they are: those that are not safe to show must be typed.
    .filter(({ name }) => printable(name) === name)
    .map(({ name, isFolder }) => finished(last.raw, folder + name, isFolder))
    .sort();
  return [[...new Set(hits)], last.raw];
}

/** Quoted as the word was begun. */
function finished(raw: string, text: string, isFolder: boolean): string {
  const quote = raw.startsWith('"') || raw.startsWith("'") ? raw.charAt(0) : '';
  if (isFolder) return `${quote === '' ? quoteWord(text) : quote + text}/`;
  return `${quote === '' ? quoteWord(text) : quote + text + quote} `;
}

async function remoteNames(
  context: InteractiveContext,
  folder: string,
): Promise<{ name: string; isFolder: boolean }[]> {
  const entries = await context.client.list(parsePath(folder, context.remoteFolder));
  return entries.map(({ name, attributes }) => ({ name, isFolder: attributes.kind === 'directory' }));
}

async function localNames(context: InteractiveContext, folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  const entries = await listLocal(resolve(context.localFolder, folder));
  return entries.map(({ name, kind }) => ({ name, isFolder: kind === 'directory' }));
}
