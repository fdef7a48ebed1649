// The verbs of administration as commands: one for each topic, `user`, `ban` and so on. Which verbs there are and what they
// do is known elsewhere, and so is who may; here words are read and answers printed.

import { AccountError } from '../../model/account.ts';
import {
  type Administration,
  AdministrationError,
  type PasswordQuestion,
  VERB_TOPICS,
  type VerbResult,
  type VerbSyntax,
  type VerbTopic,
} from '../../model/administration.ts';
import { printableJson } from '../../model/printable.ts';
import { operandCount, operandsShown, verbUsage } from '../../model/verb-usage.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import type { CommandIo } from '../command-io.ts';
import { type Option, readOptions, type Syntax, UsageError } from '../options.ts';
import { EXIT } from '../report.ts';

/** A command for each topic that has a verb. */
export function verbCommands({ verbs }: Administration): Command[] {
  const topics = Object.keys(VERB_TOPICS) as VerbTopic[];
  return topics.flatMap((topic) => {
    const own = verbs.filter(({ name }) => name.split(' ')[0] === topic);
    return own.length === 0 ? [] : [commandOf(topic, own)];
  });
}

function commandOf(topic: VerbTopic, verbs: readonly VerbSyntax[]): Command {
  const seconds = [...new Set(verbs.flatMap(({ name }) => name.split(' ')[1] ?? []))];
  const [only] = verbs;
  return defineCommand({
    name: topic,
    summary: `${VERB_TOPICS[topic].charAt(0).toLowerCase()}${VERB_TOPICS[topic].slice(1)}`,
    details: 'For administrators.',
    operands:
      seconds.length === 0 && only !== undefined ? verbUsage(only).slice(topic.length + 1) : seconds.join(' | '),
    count: [0, Number.POSITIVE_INFINITY],
    completes: seconds,
    options: {},
    noOptions: true,
    literalWords: true,
    forms: verbs.map((verb) => ({ usage: usageOf(verb), summary: verb.summary })),
    run: async (call) => {
      const words = [topic, ...call.operands];
      const verb = verbs
        .filter(({ name }) => name.split(' ').every((word, index) => words[index] === word))
        .reduce<VerbSyntax | undefined>(
          (longest, one) => (one.name.length > (longest?.name.length ?? 0) ? one : longest),
          undefined,
        );
      if (verb === undefined) throw new UsageError(whichOf(verbs, words), call.syntax);
      await runVerb(call, verb, words.slice(verb.name.split(' ').length));
      return EXIT.ok;
    },
  });
}

/** What there is behind as many of the words as begin a verb: behind `user totp` that is less than behind `user`. */
function whichOf(verbs: readonly VerbSyntax[], [topic = '', ...words]: readonly string[]): string {
  let behind = verbs.map(({ name }) => name.split(' ').slice(1));
  const begun = [topic];
  for (const word of words) {
    const deeper = behind.filter(([first]) => first === word).map(([, ...rest]) => rest);
    if (deeper.length === 0) break;
    behind = deeper;
    begun.push(word);
  }
  const names = [...new Set(behind.flatMap(([first]) => first ?? []))].join(', ');
  return begun.length === 1 ? `which? ${names}` : `which, after "${begun.join(' ')}"? ${names}`;
}

async function runVerb(call: Call, verb: VerbSyntax, words: readonly string[]): Promise<void> {
  const { io, context } = call;
  const { options: given, operands } = readOptions(syntaxOf(verb), words);
  const { json, 'password-stdin': fromInput, ...options } = given as Record<string, string | boolean | undefined>;
  // Words beyond the verb's own are the key, as in a line of authorized_keys.
  const own = verb.asks === 'public-key' ? operandCount(verb)[1] : operands.length;
  const result = await context.administration.run(verb.name, {
    operands: operands.slice(0, own),
    options: Object.fromEntries(
      Object.entries(options).map(([name, value]) => [name, value === false ? undefined : value]),
    ),
    password: (question) => newPassword(io, question, fromInput === true),
    publicKey: () => publicKey(io, operands.slice(own).join(' ')),
  });
  await print(io, result, json === true);
}

function syntaxOf(verb: VerbSyntax): Syntax {
  const options = Object.entries(verb.options).map(([name, option]): [string, Option] => [
    name,
    { long: name, ...option },
  ]);
  const [least, most] = operandCount(verb);
  const takesKey = verb.asks === 'public-key';
  return {
    name: verb.name,
    operands: [operandsShown(verb), ...(takesKey ? ['[KEY]'] : [])].filter((part) => part !== '').join(' '),
    count: [least, takesKey ? Number.POSITIVE_INFINITY : most],
    options: {
      ...Object.fromEntries(options),
      ...(verb.asks === 'password'
        ? { 'password-stdin': { long: 'password-stdin', summary: 'take the password from the input' } }
        : {}),
      json: { long: 'json', summary: 'one JSON object a line' },
    },
  };
}

function usageOf(verb: VerbSyntax): string {
  return `${verbUsage(verb)}${verb.asks === 'public-key' ? ' [KEY]' : ''}`;
}

async function print(io: CommandIo, { rows, lines, remarks }: VerbResult, json: boolean): Promise<void> {
  if (json) for await (const row of rows) await io.line(printableJson(row));
  else for await (const line of lines) await io.line(line);
  for (const remark of remarks) await io.error(remark);
}

async function newPassword(io: CommandIo, { user, check }: PasswordQuestion, fromInput: boolean): Promise<string> {
  if (!io.interactive && !fromInput) {
    throw new AdministrationError(
      'there is no terminal to ask for the password: connect with ssh -t, or give it with --password-stdin',
    );
  }
  const password = await secret(io, `New password for ${user}: `);
  await check(password);
  if (!fromInput && (await secret(io, 'The same again: ')) !== password) {
    throw new AdministrationError('the two passwords differ');
  }
  return password;
}

async function secret(io: CommandIo, question: string): Promise<string> {
  const answer = await io.ask(question, { secret: true });
  if (answer === undefined) throw new AccountError('no password was given; nothing was changed');
  return answer;
}

async function publicKey(io: CommandIo, words: string): Promise<string> {
  if (words !== '') return words;
  const line = await io.ask('Public key (a line of a .pub file): ');
  if (line === undefined || line.trim() === '') throw new AccountError('no key was given');
  return line;
}
