// The commands of the interactive client for folders on this machine.

import { resolve } from 'node:path';
import { listLocal, statLocal } from '../../client/local-files.ts';
import { FileError } from '../../model/error.ts';
import { printable } from '../../model/printable.ts';
import { EXIT } from '../exit-code.ts';
import { expandGlob } from '../glob.ts';
import { localSide } from '../glob-sides.ts';
import { inColumns } from '../listing.ts';
import type { InteractiveCommand } from './command.ts';

export const LOCAL_COMMANDS: readonly InteractiveCommand[] = [
  {
    name: 'lcd',
    aliases: [],
    usage: 'PATH',
    describe: 'change the local folder',
    options: [],
    least: 1,
    most: 1,
    completes: () => 'local',
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
    completes: () => 'local',
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
];
