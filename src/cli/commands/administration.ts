// The verbs of administration as commands: `sshome user`, `sshome ban` and so on. Which verbs there are and what they do is
// known in administration/; here words are read and answers printed.

import { readFile } from 'node:fs/promises';
import type { Argv, CommandModule } from 'yargs';
import { VERBS } from '../../administration/table.ts';
import { ConfigError } from '../../config/load.ts';
import { SETTINGS, variableOf } from '../../config/schema.ts';
import { AccountError } from '../../model/account.ts';
import {
  AdministrationError,
  type PasswordQuestion,
  VERB_TOPICS,
  type VerbOperand,
  type VerbResult,
  type VerbSyntax,
  type VerbTopic,
  VerbUsageError,
} from '../../model/administration.ts';
import { printable, printableJson } from '../../model/printable.ts';
import { operandsShown, verbUsage } from '../../model/verb-usage.ts';
import { PLACES, runVerb } from '../administration-context.ts';
import { EXIT } from '../exit-code.ts';
import { type ProgramIo, processIo } from '../program-io.ts';
import { askSecret, InterruptedError } from '../prompt.ts';
import { readFirstLine } from '../stdin-line.ts';
import { takeWords, wordsOf } from '../words-argument.ts';
import { userTotpEnableCommand } from './user-totp-enable.ts';

/** A command for each topic. */
export function administrationCommands(io: ProgramIo = processIo): CommandModule[] {
  return (Object.keys(VERB_TOPICS) as VerbTopic[]).map((topic) => commandOf([topic], VERB_TOPICS[topic], io));
}

/** The command for `words`: a verb, or what several verbs begin with. */
function commandOf(words: readonly string[], describe: string, io: ProgramIo): CommandModule {
  const name = words.join(' ');
  const verb = VERBS.find((candidate) => candidate.name === name);
  if (verb !== undefined) return verbCommand(verb, words.length, io);
  const nexts = [...new Set(VERBS.flatMap((one) => nextWord(one, words)))];
  return {
    command: words.at(-1) ?? '',
    describe,
    builder: (program) => {
      for (const next of nexts) program.command(commandOf([...words, next], SUBTOPICS[`${name} ${next}`] ?? '', io));
      if (name === 'user totp') program.command(userTotpEnableCommand(io, explain));
      return (words.length === 1 ? withPlaces(program) : program).demandCommand(
        1,
        `Which one? \`sshome ${name} --help\` lists them.`,
      );
    },
    handler: () => undefined,
  };
}

/** What words mean that are more than a topic and less than a verb. */
const SUBTOPICS: Readonly<Record<string, string>> = {
  'user key': 'Add, list and remove public keys of a user',
  'user totp': 'Give a user a second factor: a one-time code after the password',
};

function nextWord({ name }: VerbSyntax, words: readonly string[]): string[] {
  const own = name.split(' ');
  return words.every((word, index) => own[index] === word) ? own.slice(words.length, words.length + 1) : [];
}

function verbCommand(verb: VerbSyntax, depth: number, io: ProgramIo): CommandModule {
  const operands = verb.asks === 'public-key' ? [...verb.operands, KEY_FILE] : verb.operands;
  const shown = operandsShown({ operands });
  return {
    command: verb.name.split(' ').at(-1) ?? '',
    describe: shown === '' ? verb.summary : `${verb.summary}: ${shown}`,
    builder: (program) => {
      takeWords(program).usage(
        [
          `$0 ${verbUsage({ ...verb, operands })}\n\n${verb.summary}.\n`,
          ...operands.map(({ name, summary }) => `${name}: ${summary}`),
        ].join('\n'),
      );
      for (const [name, { value, summary }] of Object.entries(verb.options)) {
        program.option(
          name,
          value === undefined ? { boolean: true, describe: summary } : { ...TEXT, describe: summary },
        );
      }
      if (verb.asks === 'password') {
        program.option('password-stdin', {
          boolean: true,
          describe: 'Take the password from the first line of standard input',
        });
      }
      program.option('json', { boolean: true, describe: 'One JSON object a line' });
      return depth === 1 ? withPlaces(program) : program;
    },
    handler: (args) => run({ verb, depth, args, io }),
  };
}

const TEXT = { string: true, requiresArg: true } as const;
const KEY_FILE: VerbOperand = { name: 'FILE', count: 'one', summary: 'File with one public key; - is standard input' };

const PLACES_DESCRIBED = {
  credentials: SETTINGS.credentials.describe,
  state: SETTINGS.state.describe,
  logFile: 'log file of the server; of one that runs it is known',
} satisfies Record<(typeof PLACES)[number], string>;

/** Where the server has its files: the same settings, flags and variables. */
function withPlaces(program: Argv): Argv {
  program.option('config', {
    ...TEXT,
    describe: `File of settings and rules (${variableOf('config')}) [default: sshome.yaml]`,
  });
  for (const key of PLACES) {
    const { name, default: fallback } = SETTINGS[key];
    const shown = fallback === '' ? '' : ` [default: ${fallback}]`;
    program.option(name, { ...TEXT, describe: `${PLACES_DESCRIBED[key]} (${variableOf(name)})${shown}` });
  }
  return program;
}

type Arguments = Readonly<Record<string, unknown>>;

async function run(by: { verb: VerbSyntax; depth: number; args: Arguments; io: ProgramIo }): Promise<void> {
  const { verb, depth, args, io } = by;
  const words = wordsOf(args, depth);
  const [file] = verb.asks === 'public-key' ? words.splice(verb.operands.length, 1) : [];
  const options = Object.keys(verb.options).map((name): [string, string | true | undefined] => {
    const value = args[name];
    return [name, value === true ? true : typeof value === 'string' ? value : undefined];
  });
  try {
    const result = await runVerb(args, verb.name, {
      operands: words,
      options: Object.fromEntries(options),
      password: (question) => newPassword(io, question, args['passwordStdin'] === true),
      publicKey: () => readKeyFile(io, file),
    });
    await print(io, result, args['json'] === true);
    io.setStatus(EXIT.ok);
  } catch (error) {
    io.setStatus(explain(io, error));
  }
}

/** Tells why a verb failed; returns the exit status. */
function explain({ errorOutput }: ProgramIo, error: unknown): number {
  if (error instanceof InterruptedError) return EXIT.interrupted;
  const message = error instanceof ConfigError ? error.problems.join('\n') : wordsFor(error);
  for (const line of message.split('\n')) errorOutput.write(`sshome: ${printable(line)}\n`);
  return error instanceof VerbUsageError ? EXIT.usage : EXIT.failed;
}

function wordsFor(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function print(io: ProgramIo, { rows, lines, remarks }: VerbResult, json: boolean): Promise<void> {
  io.output.on('error', endQuietly);
  if (json) for await (const row of rows) await write(io, `${printableJson(row)}\n`);
  else for await (const line of lines) await write(io, `${line}\n`);
  for (const remark of remarks) io.errorOutput.write(`sshome: ${remark}\n`);
}

/** Whoever read the output has seen enough, as `head` has. What was to be done is done. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
}

/** As fast as the reader takes it: a search can find millions of records. */
async function write({ output }: ProgramIo, text: string): Promise<void> {
  if (output.write(text)) return;
  await new Promise<void>((resolve) => output.once('drain', () => resolve()));
}

async function newPassword(io: ProgramIo, { user, check }: PasswordQuestion, fromInput: boolean): Promise<string> {
  if (fromInput) {
    const password = await readFirstLine(io.input);
    await check(password);
    return password;
  }
  if (io.input.isTTY !== true) {
    throw new AdministrationError('there is no terminal to ask for the password: give it with --password-stdin');
  }
  const terminal = { input: io.input, output: io.errorOutput };
  const password = await askSecret(`New password for ${user}: `, terminal);
  await check(password);
  if ((await askSecret('The same again: ', terminal)) !== password) {
    throw new AdministrationError('the two passwords differ');
  }
  return password;
}

async function readKeyFile(io: ProgramIo, file: string | undefined): Promise<string> {
  if (file === undefined) throw new VerbUsageError(`${KEY_FILE.name} is missing: ${KEY_FILE.summary}`);
  if (file === '-') return readFirstLine(io.input);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AccountError(`${file}: ${wordsFor(error)}`);
  }
}
