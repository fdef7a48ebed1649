// The command line as a whole: which commands there are, and what a wrong one is answered.

import yargs, { type Argv, type CommandModule } from 'yargs';
import { EXIT } from './exit-code.ts';
import { packageVersion } from './version.ts';

/** The commands of the client, each by itself: to load the server with them takes longer than to list a folder. */
const OF_CLIENT: Readonly<Record<string, () => Promise<CommandModule>>> = {
  connect: async () => (await import('./commands/connect.ts')).connectCommand(),
  upload: async () => (await import('./commands/upload.ts')).uploadCommand(),
  download: async () => (await import('./commands/download.ts')).downloadCommand(),
  preview: async () => (await import('./commands/preview.ts')).previewCommand(),
  delete: async () => (await import('./commands/delete.ts')).deleteCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
};

/** The one command that `words` name, when it is the client's; else all, for the help and for what was mistyped. */
async function commandsFor([name = '']: readonly string[]): Promise<CommandModule[]> {
  const load = Object.hasOwn(OF_CLIENT, name) ? OF_CLIENT[name] : undefined;
  if (load !== undefined) return [leavingYargs(await load())];
  const { allCommands } = await import('./commands/all.ts');
  return allCommands().map(leavingYargs);
}

/** What is to be done, thrown to be done outside of yargs. */
class Understood extends Error {
  readonly run: () => void | Promise<void>;

  constructor(run: () => void | Promise<void>) {
    super('a command was understood');
    this.run = run;
  }
}

/** yargs makes up the help of a command as soon as that runs, and has it wait meanwhile: a twelfth of the time of a start. */
function leavingYargs(command: CommandModule): CommandModule {
  return {
    ...command,
    handler: (args) => {
      throw new Understood(() => command.handler(args));
    },
  };
}

/** Runs one command line, without the program's name; resolves to the exit status. */
export async function runProgram(words: readonly string[]): Promise<number> {
  const commands = await commandsFor(words);
  const program = yargs([...words])
    .scriptName('sshome')
    .usage('$0 COMMAND\n\nAn SSH file server people can trust with their files, and its client.')
    .version(packageVersion())
    .strict()
    // As in every other program, of a flag that is given twice the last one counts.
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .demandCommand(1, 'Which command? `sshome --help` lists them.')
    .recommendCommands()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error, instance) => {
      if (error !== undefined && error !== null) throw error;
      // Who names no command wants to see them all; a word that was mistyped is not to be looked for below a page of help.
      if (message.startsWith('Which')) {
        instance.showHelp('error');
        process.stderr.write(`\n${message}\n`);
      } else {
        process.stderr.write(`sshome: ${whatIsWrong(message, words)}\nTry: ${helpFor(words, commands)}\n`);
      }
      throw new UsageFailure();
    });
  for (const command of commands) program.command(command);
  try {
    await parsed(program);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (error instanceof UsageFailure) return EXIT.usage;
    process.stderr.write(`sshome: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}

/** Of a word that is no command yargs says what it may have been meant as, and no more. */
function whatIsWrong(message: string, words: readonly string[]): string {
  const suggestion = /^Did you mean (.*)\?$/.exec(message)?.[1];
  if (suggestion === undefined) return message;
  const firstFlag = words.findIndex((word) => word.startsWith('-'));
  const typed = words.slice(0, firstFlag < 0 ? 3 : Math.min(3, firstFlag));
  return `no such command: ${typed.join(' ')}. Did you mean ${suggestion}?`;
}

/** The help that comes nearest to a command line that was not understood. */
function helpFor([first = '']: readonly string[], commands: readonly CommandModule[]): string {
  const isCommand = commands.some(({ command }) => String(command).split(' ')[0] === first);
  return isCommand ? `sshome ${first} --help` : 'sshome --help';
}

/** Parses, and does what was understood. */
async function parsed(program: Argv): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof Understood)) throw error;
    await error.run();
  }
}

/** yargs has told the user what was wrong already. */
class UsageFailure extends Error {}
