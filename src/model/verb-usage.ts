// Whether a verb can be called with some words at all. The faces read words in their own ways; this is checked for them all.

import { type VerbCall, type VerbSyntax, VerbUsageError } from './administration.ts';

/** @throws VerbUsageError */
export function checkCall(verb: VerbSyntax, { operands = [], options = {} }: VerbCall): void {
  const [least, most] = operandCount(verb);
  if (operands.length < least) {
    throw new VerbUsageError(`${verb.operands[operands.length]?.name ?? 'a word'} is missing: ${verbUsage(verb)}`);
  }
  if (operands.length > most) throw new VerbUsageError(`too many words: ${verbUsage(verb)}`);
  for (const [name, value] of Object.entries(options)) {
    const option = Object.hasOwn(verb.options, name) ? verb.options[name] : undefined;
    if (option === undefined) throw new VerbUsageError(`unknown option --${name}: ${verbUsage(verb)}`);
    if (value === true && option.value !== undefined) throw new VerbUsageError(`--${name} needs a value`);
    if (typeof value === 'string' && option.value === undefined) throw new VerbUsageError(`--${name} takes no value`);
  }
}

/** `ban add SOURCE [--for TIME] [--reason TEXT]` */
export function verbUsage(verb: VerbSyntax): string {
  const given = Object.entries(verb.options).map(
    ([option, { value }]) => `[--${option}${value === undefined ? '' : ` ${value}`}]`,
  );
  return [verb.name, operandsShown(verb), ...given].filter((part) => part !== '').join(' ');
}

/** `NAME [SESSION] USER... [NAME...]` */
export function operandsShown({ operands }: Pick<VerbSyntax, 'operands'>): string {
  return operands
    .map(({ name, count }) => {
      const text = count === 'some' || count === 'any' ? `${name}...` : name;
      return count === 'optional' || count === 'any' ? `[${text}]` : text;
    })
    .join(' ');
}

/** How many operands a verb takes at least and at most. */
export function operandCount({ operands }: Pick<VerbSyntax, 'operands'>): readonly [number, number] {
  const least = operands.filter(({ count }) => count === 'one' || count === 'some').length;
  const isOpen = operands.some(({ count }) => count === 'some' || count === 'any');
  return [least, isOpen ? Number.POSITIVE_INFINITY : operands.length];
}
