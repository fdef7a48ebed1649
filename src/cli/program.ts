// The command line as a whole: which commands there are, and what a wrong one is answered.

import yargs, { type CommandModule } from 'yargs';
import { accessCommand } from './commands/access.ts';
import { administrationCommands } from './commands/administration.ts';
import { configCommand } from './commands/config.ts';
import { connectCommand } from './commands/connect.ts';
import { deleteCommand } from './commands/delete.ts';
import { downloadCommand } from './commands/download.ts';
import { listCommand } from './commands/list.ts';
import { previewCommand } from './commands/preview.ts';
import { serveCommand } from './commands/serve.ts';
import { uploadCommand } from './commands/upload.ts';
import { EXIT } from './exit-code.ts';
import { packageVersion } from './version.ts';

const commands = (): CommandModule[] => [
  serveCommand(),
  configCommand(),
  accessCommand(),
  ...administrationCommands(),
  connectCommand(),
  uploadCommand(),
  downloadCommand(),
  previewCommand(),
  deleteCommand(),
  listCommand(),
];

/** Runs one command line, without the program's name; resolves to the exit status. */
export async function runProgram(words: readonly string[]): Promise<number> {
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
      instance.showHelp('error');
      process.stderr.write(`\n${message}\n`);
      throw new UsageFailure();
    });
  for (const command of commands()) program.command(command);
  try {
    await program.parseAsync();
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.ok;
  } catch (error) {
    if (error instanceof UsageFailure) return EXIT.usage;
    process.stderr.write(`sshome: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}

/** yargs has told the user what was wrong already. */
class UsageFailure extends Error {}
