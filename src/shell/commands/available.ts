// The commands that somebody has: everybody's, and for administrators theirs.

import type { Command } from '../command.ts';
import type { ShellContext } from '../terminal.ts';
import { verbCommands } from './administration.ts';
import { COMMANDS } from './table.ts';

type Context = Pick<ShellContext, 'administration'>;

/** What can be called. Who may not administer is told so, by whoever decides it. */
export function callableCommands({ administration }: Context): readonly Command[] {
  return [...COMMANDS, ...verbCommands(administration)];
}

/** What help and completion show. */
export function shownCommands(context: Context): readonly Command[] {
  return context.administration.isAllowed() ? callableCommands(context) : COMMANDS;
}
