// `sshome connect [user@]host`: the interactive client.

import type { Argv, CommandModule } from 'yargs';
import { parsePath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { describeConnection } from '../connection-options.ts';
import { runPromptLoop } from '../interactive/prompt-loop.ts';
import { parseDestination } from '../remote-argument.ts';
import { runWithClients } from '../run-with-client.ts';

export function connectCommand(): CommandModule {
  return {
    command: 'connect <destination>',
    describe: 'Work with the files of a server, by commands',
    builder: (program: Argv) =>
      describeConnection(program)
        .usage('$0 connect [-P PORT] [USER@]HOST')
        .positional('destination', { string: true, describe: 'The server, as [user@]host or an sftp:// URL' })
        .example('$0 connect -P 2222 alice@files.example.org', 'then type help')
        .example('$0 connect alice@files.example.org < commands.txt', 'run the commands of a file'),
    handler: async (args) => {
      process.exitCode = await runWithClients(args, async (open) => {
        const destination = parseDestination(String(args['destination']));
        const client = await open(destination);
        if (process.stdin.isTTY === true) {
          process.stdout.write(`Connected to ${printable(client.host)}. Type "help" for the commands.\n`);
        }
        const status = await runPromptLoop(client, parsePath(destination.path, client.home), {
          input: process.stdin,
          output: process.stdout,
          errorOutput: process.stderr,
        });
        const lost = await Promise.race([client.closed, undefined]);
        if (lost !== undefined) throw lost;
        return status;
      });
    },
  };
}
