// The options of a command, from the one table that the command declares: reading them, and the usage and help texts.

/** One option. It has a short form, a long form, or both. */
export interface Option {
  /** One character, for `-l`. */
  readonly short?: string;
  /** For `--long`; where the command says so, also `-long`. */
  readonly long?: string;
  /** The name of its value in the help, as BYTES; without it the option is a flag. */
  readonly value?: string;
  readonly summary: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** What was given: the value, or whether a flag was there. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly value: string } ? string | undefined : boolean;
};

/** How a command is called. */
export interface Syntax<Table extends OptionTable = OptionTable> {
  readonly name: string;
  readonly options: Table;
  /** As shown in the usage, for example `[PATH...]`. */
  readonly operands: string;
  /** How many operands at least and at most. */
  readonly count: readonly [number, number];
  /** Long options are written with one dash, as those of `find`. */
  readonly singleDash?: boolean;
  /** Words that look like options are operands, as those of `echo`. */
  readonly noOptions?: boolean;
}

/** A command called in a way it can't be called. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly usage: string;

  constructor(message: string, syntax: Syntax) {
    super(message);
    this.usage = usageLine(syntax);
  }
}

/** Reads the words after a command's name. Options and operands may be mixed; `--` ends the options. @throws UsageError */
export function readOptions<Table extends OptionTable>(
  syntax: Syntax<Table>,
  words: readonly string[],
): { readonly options: OptionValues<Table>; readonly operands: readonly string[] } {
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, option] of Object.entries(syntax.options))
    values[name] = option.value === undefined ? false : undefined;
  const operands: string[] = [];
  let at = 0;

  const take = (name: string, option: Option, shown: string, attached: string | undefined): void => {
    if (option.value === undefined) {
      if (attached !== undefined) throw new UsageError(`option ${shown} takes no value`, syntax);
      values[name] = true;
      return;
    }
    const value = attached ?? words[at];
    if (value === undefined) throw new UsageError(`option ${shown} needs a value`, syntax);
    if (attached === undefined) at += 1;
    values[name] = value;
  };

  while (at < words.length) {
    const word = words[at] ?? '';
    at += 1;
    if (syntax.noOptions === true || !word.startsWith('-') || word === '-') {
      operands.push(word);
    } else if (word === '--') {
      operands.push(...words.slice(at));
      break;
    } else if (word.startsWith('--') || syntax.singleDash === true) {
      const [shown = '', attached] = splitOnce(word);
      const [name, option] = find(syntax, shown, ({ long }) => long === shown.replace(/^--?/, ''));
      take(name, option, shown, attached);
    } else {
      for (let letter = 1; letter < word.length; letter += 1) {
        const shown = `-${word.charAt(letter)}`;
        const [name, option] = find(syntax, shown, ({ short }) => short === word.charAt(letter));
        const attached = option.value === undefined ? undefined : word.slice(letter + 1) || undefined;
        take(name, option, shown, attached);
        if (option.value !== undefined) break;
      }
    }
  }
  const [least, most] = syntax.count;
  if (operands.length < least) throw new UsageError(`${missing(syntax)} is missing`, syntax);
  if (operands.length > most) throw new UsageError('too many operands', syntax);
  return { options: values as OptionValues<Table>, operands };
}

/** `usage: list [-l] [-a] [PATH...]` */
export function usageLine(syntax: Syntax): string {
  const options = Object.values(syntax.options).map((option) => {
    const flag = spellings(option, syntax)[0] ?? '';
    return option.value === undefined ? `[${flag}]` : `[${flag} ${option.value}]`;
  });
  return ['usage:', syntax.name, ...options, syntax.operands].filter((part) => part !== '').join(' ');
}

/** Each option with what it does, for the help. */
export function optionLines(syntax: Syntax): { readonly flags: string; readonly summary: string }[] {
  return Object.values(syntax.options).map((option) => ({
    flags: spellings(option, syntax).join(', ') + (option.value === undefined ? '' : ` ${option.value}`),
    summary: option.summary,
  }));
}

/** How an option can be typed. */
export function spellings(option: Option, syntax: Syntax): string[] {
  const dashes = syntax.singleDash === true ? '-' : '--';
  return [
    ...(option.short === undefined ? [] : [`-${option.short}`]),
    ...(option.long === undefined ? [] : [dashes + option.long]),
  ];
}

function find(syntax: Syntax, shown: string, matches: (option: Option) => boolean): [string, Option] {
  const found = Object.entries(syntax.options).find(([, option]) => matches(option));
  if (found === undefined) throw new UsageError(`unknown option ${shown}`, syntax);
  return found;
}

function splitOnce(word: string): [string, string | undefined] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function missing(syntax: Syntax): string {
  return syntax.operands.split(' ').find((word) => !word.startsWith('[')) ?? 'an operand';
}
