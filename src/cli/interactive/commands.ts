// The commands of the interactive client, as one table: `help`, Tab completion and the parser read it.

import { resolve } from 'node:path';
import { PREVIEW_BYTES } from '../../client/client.ts';
import { listLocal, statLocal } from '../../client/local-files.ts';
import type { Attributes } from '../../model/entry.ts';
import { FileError } from '../../model/error.ts';
import { joinPath, nameOf, parsePath, type VirtualPath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { deletePaths } from '../deletion.ts';
import { EXIT } from '../exit-code.ts';
import { expandGlob, nothingMatches } from '../glob.ts';
import { localSide, remoteSide } from '../glob-sides.ts';
import { inColumns, modeText, timeText } from '../listing.ts';
import { listPaths } from '../listing-command.ts';
import { previewLines } from '../preview.ts';
import { downloadAll, type TransferRequest, uploadAll } from '../transfers.ts';
import { UsageError } from '../usage-error.ts';
import type { InteractiveCommand, InteractiveContext, Invocation } from './command.ts';
import type { Word } from './words.ts';

const MANY = Number.POSITIVE_INFINITY;
const remote = (): 'remote' => 'remote';
const local = (): 'local' => 'local';

export const INTERACTIVE_COMMANDS: readonly InteractiveCommand[] = [
  {
    name: 'upload',
    aliases: ['put'],
    usage: '[-r] [--resume] LOCAL... [REMOTE]',
    describe: 'send files; the last of several names is where to',
    options: ['-r', '-p', '--resume'],
    least: 1,
    most: MANY,
    completes: (position) => (position === 0 ? 'local' : 'both'),
    run: (invocation) => transfer(invocation, uploadAll),
  },
  {
    name: 'download',
    aliases: ['get'],
    usage: '[-r] [--resume] REMOTE... [LOCAL]',
    describe: 'fetch files; the last of several names is where to',
    options: ['-r', '-p', '--resume'],
    least: 1,
    most: MANY,
    completes: (position) => (position === 0 ? 'remote' : 'both'),
    run: (invocation) => transfer(invocation, downloadAll),
  },
  {
    name: 'preview',
    aliases: ['head'],
    usage: 'FILE',
    describe: `show the first ${PREVIEW_BYTES} bytes of a file`,
    options: [],
    least: 1,
    most: 1,
    completes: remote,
    async run({ context, words }) {
      for (const line of previewLines(await context.client.preview(await onePath(context, words[0])))) {
        context.print(line);
      }
      return EXIT.ok;
    },
  },
  {
    name: 'delete',
    aliases: ['rm'],
    usage: '[-r] PATH...',
    describe: 'delete files, with -r folders',
    options: ['-r'],
    least: 1,
    most: MANY,
    completes: remote,
    async run({ context, words, options }) {
      const recursive = options.has('-r');
      const question = `Delete ${words.map(({ text }) => printable(text)).join(' ')} and all that is in it? (yes/no) `;
      if (recursive && context.confirm !== undefined && !(await context.confirm(question))) return EXIT.ok;
      const at = { client: context.client, base: context.remoteFolder };
      return deletePaths(at, words.map(patternOf), recursive, {
        deleted: (path) => context.print(`deleted ${printable(path)}`),
        failed: context.makeReport().failed,
      });
    },
  },
  {
    name: 'list',
    aliases: ['ls'],
    usage: '[-l] [-a] [PATH...]',
    describe: 'list the remote folder, or what is named',
    options: ['-l', '-a', '-la', '-al'],
    least: 0,
    most: MANY,
    completes: remote,
    async run({ context, words, options }) {
      const letters = [...options].join('');
      const lines = await listPaths({ client: context.client, base: context.remoteFolder }, words.map(patternOf), {
        long: letters.includes('l'),
        all: letters.includes('a'),
        json: false,
        columns: context.columns(),
      });
      for (const line of lines) context.print(line);
      return EXIT.ok;
    },
  },
  {
    name: 'cd',
    aliases: [],
    usage: '[PATH]',
    describe: 'change the remote folder, or go home',
    options: [],
    least: 0,
    most: 1,
    completes: remote,
    async run({ context, words }) {
      const path = words.length === 0 ? context.client.home : await onePath(context, words[0]);
      if ((await context.client.stat(path)).kind !== 'directory') throw new FileError('not-a-directory', { path });
      context.remoteFolder = path;
      return EXIT.ok;
    },
  },
  {
    name: 'pwd',
    aliases: [],
    usage: '',
    describe: 'show the remote folder',
    options: [],
    least: 0,
    most: 0,
    async run({ context }) {
      context.print(printable(context.remoteFolder));
      return EXIT.ok;
    },
  },
  {
    name: 'mkdir',
    aliases: [],
    usage: '[-p] PATH...',
    describe: 'make remote folders, with -p those above too',
    options: ['-p'],
    least: 1,
    most: MANY,
    completes: remote,
    async run({ context, words, options }) {
      for (const { text } of words) {
        await context.client.makeDirectory(parsePath(text, context.remoteFolder), { parents: options.has('-p') });
      }
      return EXIT.ok;
    },
  },
  {
    name: 'rmdir',
    aliases: [],
    usage: 'PATH...',
    describe: 'remove empty remote folders',
    options: [],
    least: 1,
    most: MANY,
    completes: remote,
    async run({ context, words }) {
      for (const { text } of words) await context.client.files.removeDirectory(parsePath(text, context.remoteFolder));
      return EXIT.ok;
    },
  },
  {
    name: 'move',
    aliases: ['mv', 'rename'],
    usage: 'FROM TO',
    describe: 'rename a remote file or folder, or move it',
    options: [],
    least: 2,
    most: 2,
    completes: remote,
    async run({ context, words }) {
      const from = await onePath(context, words[0]);
      const to = parsePath(words[1]?.text ?? '', context.remoteFolder);
      const there = await context.client.stat(to).catch(() => undefined);
      await context.client.move(from, there?.kind === 'directory' ? joinPath(to, nameOf(from)) : to);
      return EXIT.ok;
    },
  },
  {
    name: 'stat',
    aliases: [],
    usage: 'PATH...',
    describe: 'show what is known of remote files',
    options: [],
    least: 1,
    most: MANY,
    completes: remote,
    async run({ context, words }) {
      for (const word of words) {
        const path = await onePath(context, word);
        for (const line of statLines(path, await context.client.files.lstat(path))) context.print(line);
      }
      return EXIT.ok;
    },
  },
  {
    name: 'lcd',
    aliases: [],
    usage: 'PATH',
    describe: 'change the local folder',
    options: [],
    least: 1,
    most: 1,
    completes: local,
    async run({ context, words }) {
      const path = resolve(context.localFolder, words[0]?.text ?? '');
      if (!(await statLocal(path)).isDirectory()) throw new FileError('not-a-directory', { path });
      context.localFolder = path;
      return EXIT.ok;
    },
  },
  {
    name: 'lpwd',
    aliases: [],
    usage: '',
    describe: 'show the local folder',
    options: [],
    least: 0,
    most: 0,
    async run({ context }) {
      context.print(printable(context.localFolder));
      return EXIT.ok;
    },
  },
  {
    name: 'lls',
    aliases: [],
    usage: '[PATH]',
    describe: 'list the local folder',
    options: [],
    least: 0,
    most: 1,
    completes: local,
    async run({ context, words }) {
      const found = await expandGlob(words[0]?.pattern ?? '', localSide(context.localFolder));
      const entries = await listLocal(resolve(context.localFolder, found[0] ?? ''));
      const names = entries
        .filter(({ name }) => !name.startsWith('.'))
        .map(({ name, kind }) => `${printable(name)}${kind === 'directory' ? '/' : ''}`);
      const columns = context.columns();
      for (const line of columns === undefined ? names : inColumns(names, columns)) context.print(line);
      return EXIT.ok;
    },
  },
  {
    name: 'help',
    aliases: ['?'],
    usage: '[COMMAND]',
    describe: 'list the commands, or explain one',
    options: [],
    least: 0,
    most: 1,
    async run({ context, words }) {
      const name = words[0]?.text;
      const shown =
        name === undefined ? INTERACTIVE_COMMANDS : [findCommand(name)].filter((found) => found !== undefined);
      if (shown.length === 0) throw new UsageError(unknownCommand(name ?? ''));
      for (const line of helpLines(shown)) context.print(line);
      return EXIT.ok;
    },
  },
  {
    name: 'quit',
    aliases: ['exit', 'bye'],
    usage: '',
    describe: 'end the connection',
    options: [],
    least: 0,
    most: 0,
    run: async () => 'quit',
  },
];

export function findCommand(name: string): InteractiveCommand | undefined {
  return INTERACTIVE_COMMANDS.find((command) => command.name === name || command.aliases.includes(name));
}

/** What a command that is none is answered: the ones that there are. */
export function unknownCommand(name: string): string {
  const names = INTERACTIVE_COMMANDS.map((command) => command.name).join(' ');
  return `There is no command "${printable(name)}". The commands are: ${names}\nType "help" to see what they do.`;
}

function helpLines(commands: readonly InteractiveCommand[]): string[] {
  const heads = commands.map(({ name, aliases, usage }) => `${[name, ...aliases].join(', ')} ${usage}`.trim());
  const width = Math.max(...heads.map((head) => head.length));
  return commands.map(({ describe }, index) => `${(heads[index] ?? '').padEnd(width)}  ${describe}`);
}

async function transfer(
  { context, words, options, signal }: Invocation,
  move: (request: TransferRequest, patterns: readonly string[], target: string) => Promise<number>,
): Promise<number> {
  const sources = words.length > 1 ? words.slice(0, -1) : words;
  const target = words.length > 1 ? (words.at(-1)?.text ?? '') : '.';
  // Standard input is where the commands come from.
  if (words.some(({ text }) => text === '-')) throw new UsageError('"-" has no meaning here');
  const request = {
    client: context.client,
    remoteBase: context.remoteFolder,
    localBase: context.localFolder,
    options: { recursive: options.has('-r'), resume: options.has('--resume'), preserve: options.has('-p') },
    signal,
    report: context.makeReport(),
  };
  return move(request, sources.map(patternOf), target);
}

/** The one path that a word stands for. */
async function onePath(context: InteractiveContext, word: Word | undefined): Promise<VirtualPath> {
  const pattern = word?.pattern ?? '';
  const [first, ...others] = await expandGlob(pattern, remoteSide(context.client, context.remoteFolder));
  if (first === undefined) throw nothingMatches(pattern);
  if (others.length > 0) throw new UsageError(`${printable(pattern)} stands for several files: one is needed`);
  return parsePath(first, context.remoteFolder);
}

function statLines(path: VirtualPath, attributes: Attributes): string[] {
  return [
    printable(path),
    `  ${attributes.kind}  ${modeText(attributes.mode)}  ${attributes.sizeBytes} bytes`,
    `  changed ${timeText(attributes.modifiedMs)}, read ${timeText(attributes.accessedMs)}, owner ${attributes.uid}:${attributes.gid}`,
  ];
}

function patternOf({ pattern }: Word): string {
  return pattern;
}
