// `sshome list REMOTE...`: what a folder on a server holds.

import type { Argv, CommandModule } from 'yargs';
import { describeConnection } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { listPaths } from '../listing-command.ts';
import { parseRemoteArgument } from '../remote-argument.ts';
import { runWithClients } from '../run-with-client.ts';

export function listCommand(): CommandModule {
  return {
    command: 'list <remote>',
    describe: 'List a remote folder',
    builder: (program: Argv) =>
      describeConnection(program)
        .usage('$0 list [-l] [-a] [USER@]HOST:[PATH]')
        .positional('remote', { string: true, describe: 'The folder on the server, or a pattern' })
        .option('long', { alias: 'l', boolean: true, describe: 'Permissions, size and time too' })
        .option('all', { alias: 'a', boolean: true, describe: 'Names with a leading dot too' })
        .option('json', { boolean: true, describe: 'Write a line of JSON for each entry' }),
    handler: async (args) => {
      process.exitCode = await runWithClients(args, async (open) => {
        const remote = parseRemoteArgument(String(args['remote']));
        const client = await open(remote);
        const lines = await listPaths({ client, base: client.home }, [remote.path], {
          long: args['long'] === true,
          all: args['all'] === true,
          json: args['json'] === true,
          columns: process.stdout.isTTY === true ? process.stdout.columns : undefined,
        });
        process.stdout.write(lines.map((line) => `${line}\n`).join(''));
        return EXIT.ok;
      });
    },
  };
}
