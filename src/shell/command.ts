// What a command is, and what it is given when it runs. Each file of commands/ defines one, table.ts lists them.

import type { VirtualPath } from '../model/path.ts';
import type { CommandIo } from './command-io.ts';
import type { Completes } from './completion.ts';
import { type OptionTable, type OptionValues, readOptions, type Syntax } from './options.ts';
import type { ShellContext } from './terminal.ts';

/** What lasts from one command to the next. */
export interface Session {
  /** `shell`: commands are typed one after another; `exec`: there is this one. */
  readonly mode: 'shell' | 'exec';
  directory: VirtualPath;
  previousDirectory: VirtualPath;
  lastStatus: number;
  /** Set by the command that ends the session, to its exit status. */
  leaving: number | undefined;
}

export interface Call<Table extends OptionTable = OptionTable> {
  readonly options: OptionValues<Table>;
  readonly operands: readonly string[];
  readonly syntax: Syntax;
  /** The command's name or alias, as the user typed it: its messages begin with that. */
  readonly name: string;
  readonly session: Session;
  readonly context: ShellContext;
  readonly io: CommandIo;
  readonly commands: readonly Command[];
}

/** A command, its options already bound to its `run`. */
export interface Command extends Syntax {
  readonly aliases: readonly string[];
  /** What it does, in a few words, without a full stop. */
  readonly summary: string;
  /** More of it for `help COMMAND`: whole sentences. */
  readonly details: string;
  /** What Tab offers for its operands. */
  readonly completes: Completes;
  /** The ways to call it, when they have little in common. */
  readonly forms: readonly { readonly usage: string; readonly summary: string }[];
  /** Patterns and `~` are left as they are typed. */
  readonly literalWords?: boolean;
  /** Resolves to the exit status. `words` are those after the name. @throws UsageError among others. */
  run(words: readonly string[], call: Omit<Call, 'options' | 'operands' | 'syntax'>): Promise<number>;
}

export interface CommandDefinition<Table extends OptionTable> extends Syntax<Table> {
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly details?: string;
  readonly completes?: Completes;
  readonly forms?: Command['forms'];
  readonly literalWords?: boolean;
  readonly run: (call: Call<Table>) => Promise<number>;
}

export function defineCommand<const Table extends OptionTable>(definition: CommandDefinition<Table>): Command {
  return {
    aliases: [],
    details: '',
    completes: 'paths',
    forms: [],
    ...definition,
    run: async (words, call) => {
      const { options, operands } = readOptions(definition, words);
      return definition.run({ ...call, options, operands, syntax: definition });
    },
  };
}

/** Whether `command` answers to `name`. */
export function isNamed(command: Command, name: string): boolean {
  return command.name === name || command.aliases.includes(name);
}
