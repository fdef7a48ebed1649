// The commands of the interactive client, as one table: `help`, Tab completion and the parser read it.

import { printable } from '../../model/printable.ts';
import { EXIT } from '../exit-code.ts';
import { UsageError } from '../usage-error.ts';
import type { InteractiveCommand } from './command.ts';
import { LOCAL_COMMANDS } from './local-commands.ts';
import { REMOTE_COMMANDS } from './remote-commands.ts';
import { TRANSFER_COMMANDS } from './transfer-commands.ts';

export const INTERACTIVE_COMMANDS: readonly InteractiveCommand[] = [
  ...TRANSFER_COMMANDS,
  ...REMOTE_COMMANDS,
  ...LOCAL_COMMANDS,
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
