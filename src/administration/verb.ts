// What a verb is made of, and the forms of what it answers. Each file of verbs/ defines some, table.ts lists them.

import type { AccountEditor } from '../accounts/account-editor.ts';
import type {
  Administrator,
  LiveServer,
  PasswordQuestion,
  Row,
  VerbCall,
  VerbOption,
  VerbResult,
  VerbSyntax,
} from '../model/administration.ts';
import { printable } from '../model/printable.ts';
import type { RulesEditor } from './rules-editor.ts';

/** What verbs work on. */
export interface AdministrationParts {
  readonly accounts: AccountEditor;
  readonly rules: RulesEditor;
  /** Where the server's log file is, empty for none. */
  readonly logFile: () => Promise<string>;
  readonly live: LiveServer;
}

type AnyOptions = Readonly<Record<string, VerbOption>>;

/** One call of a verb, its words checked. */
interface Given extends AdministrationParts {
  readonly administrator: Administrator;
  readonly operands: readonly string[];
  readonly options: NonNullable<VerbCall['options']>;
  readonly password: (question: PasswordQuestion) => Promise<string>;
  readonly publicKey: () => Promise<string>;
  /** What failed, as an AdministrationError if that can be told; for a verb of which a part is done. */
  readonly inWords: (error: unknown) => unknown;
}

/** The same for a verb with these options. */
interface VerbRun<Options extends AnyOptions> extends Omit<Given, 'options'> {
  /** What was given: a value, or `true` for a flag. */
  readonly options: {
    readonly [Name in keyof Options]: (Options[Name] extends { readonly value: string } ? string : true) | undefined;
  };
}

export interface Verb extends VerbSyntax {
  run(given: Given): Promise<VerbResult>;
}

/** Defines a verb; what is left out is none. */
export function defineVerb<const Options extends AnyOptions = Record<never, VerbOption>>(
  definition: Pick<VerbSyntax, 'name' | 'summary' | 'changes'> &
    Partial<Pick<VerbSyntax, 'operands' | 'asks'>> & {
      readonly options?: Options;
      readonly run: (run: VerbRun<Options>) => Promise<VerbResult>;
    },
): Verb {
  const { operands = [], asks, run } = definition;
  const options: AnyOptions = definition.options ?? {};
  return { ...definition, operands, asks, options, run: (given) => run(given as VerbRun<Options>) };
}

/** What happened, in a sentence, and as data. */
export function said(sentence: string, row: Row, ...more: readonly string[]): VerbResult {
  return { rows: [row], lines: [sentence, ...more], remarks: [] };
}

/** One row for each line of a table; `none` is said when there is none. */
export function table<Item extends object>(
  items: readonly Item[],
  cells: (item: Item) => readonly string[],
  none?: string,
): VerbResult {
  return {
    rows: items.map((item) => ({ ...item }) as Row),
    lines: aligned(items.map(cells)),
    remarks: items.length === 0 && none !== undefined ? [none] : [],
  };
}

/** Everything about one thing: a line for each field that says something. */
export function details(row: Row, lines: readonly (readonly [name: string, value: string | undefined])[]): VerbResult {
  return {
    rows: [row],
    lines: aligned(
      lines.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[`${name}:`, value]])),
    ),
    remarks: [],
  };
}

/** Rows of cells as lines in which all but the last cells are as wide as the widest of their column. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((cells) => cells.map(printable));
  const widthOf = (column: number): number =>
    shown.reduce((most, cells) => Math.max(most, cells[column]?.length ?? 0), 0);
  const widths = Array.from({ length: shown.reduce((most, { length }) => Math.max(most, length), 0) }, (_, column) =>
    widthOf(column),
  );
  return shown.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 key`, `2 keys`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
