// The commands of the interactive client for files and folders on the server.

import { PREVIEW_BYTES } from '../../client/client.ts';
import type { Attributes } from '../../model/entry.ts';
import { FileError } from '../../model/error.ts';
import { modeText } from '../../model/mode-text.ts';
import { joinPath, nameOf, parsePath, type VirtualPath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { deletePaths } from '../deletion.ts';
import { EXIT } from '../exit-code.ts';
import { expandGlob, nothingMatches } from '../glob.ts';
import { remoteSide } from '../glob-sides.ts';
import { timeText } from '../listing.ts';
import { listPaths } from '../listing-command.ts';
import { previewLines } from '../preview.ts';
import { UsageError } from '../usage-error.ts';
import { type InteractiveCommand, type InteractiveContext, MANY } from './command.ts';
import type { Word } from './words.ts';

export const REMOTE_COMMANDS: readonly InteractiveCommand[] = [
  {
    name: 'preview',
    aliases: ['head'],
    usage: 'FILE',
    describe: `show the first ${PREVIEW_BYTES} bytes of a file`,
    options: [],
    least: 1,
    most: 1,
    completes: () => 'remote',
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
    completes: () => 'remote',
    async run({ context, words, options }) {
      const recursive = options.has('-r');
      const question = `Delete ${words.map(({ text }) => printable(text)).join(' ')} and all that is in it? (yes/no) `;
      if (recursive && context.confirm !== undefined && !(await context.confirm(question))) return EXIT.ok;
      const at = { client: context.client, base: context.remoteFolder };
      return deletePaths(
        at,
        words.map(({ pattern }) => pattern),
        recursive,
        {
          deleted: (path) => context.print(`deleted ${printable(path)}`),
          failed: context.makeReport().failed,
        },
      );
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
    completes: () => 'remote',
    async run({ context, words, options }) {
      const letters = [...options].join('');
      const lines = await listPaths(
        { client: context.client, base: context.remoteFolder },
        words.map(({ pattern }) => pattern),
        {
          long: letters.includes('l'),
          all: letters.includes('a'),
          json: false,
          columns: context.columns(),
        },
      );
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
    completes: () => 'remote',
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
    completes: () => 'remote',
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
    completes: () => 'remote',
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
    completes: () => 'remote',
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
    completes: () => 'remote',
    async run({ context, words }) {
      for (const word of words) {
        const path = await onePath(context, word);
        for (const line of statLines(path, await context.client.files.lstat(path))) context.print(line);
      }
      return EXIT.ok;
    },
  },
];

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
