// The commands of the interactive client for files and folders on the server.

import { PREVIEW_BYTES } from '../../client/client.ts';
import { cancellable } from '../../client/transfer.ts';
import type { Attributes } from '../../model/entry.ts';
import { FileError } from '../../model/error.ts';
import { modeText } from '../../model/mode-text.ts';
import { parsePath, type VirtualPath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { deletePaths } from '../deletion.ts';
import { EXIT } from '../exit-code.ts';
import { timeText } from '../listing.ts';
import { listPaths } from '../listing-command.ts';
import { previewLines } from '../preview.ts';
import { type InteractiveCommand, MANY } from './command.ts';
import { MOVE_COMMAND } from './move-command.ts';
import { onePath } from './one-path.ts';

const COMMANDS: readonly InteractiveCommand[] = [
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
    async run({ context, words, options, signal }) {
      const recursive = options.has('-r');
      const question = `Delete ${words.map(({ text }) => printable(text)).join(' ')} and all that is in it? (yes/no) `;
      if (recursive && context.confirm !== undefined && !(await context.confirm(question))) return EXIT.ok;
      const at = { client: context.client, base: context.remoteFolder };
      return deletePaths(
        at,
        words.map(({ pattern }) => pattern),
        { recursive, signal },
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

/** ^C ends the waiting for the server. What would go on deleting hears the signal itself. */
function interruptible(command: InteractiveCommand): InteractiveCommand {
  return { ...command, run: (invocation) => cancellable(command.run(invocation), invocation.signal, '') };
}

export const REMOTE_COMMANDS: readonly InteractiveCommand[] = [...COMMANDS.map(interruptible), MOVE_COMMAND];

function statLines(path: VirtualPath, attributes: Attributes): string[] {
  return [
    printable(path),
    `  ${attributes.kind}  ${modeText(attributes.mode)}  ${attributes.sizeBytes} bytes`,
    `  changed ${timeText(attributes.modifiedMs)}, read ${timeText(attributes.accessedMs)}, owner ${attributes.uid}:${attributes.gid}`,
  ];
}
