// `sshome delete REMOTE...`: files and folders of a server, gone.

import type { Argv, CommandModule } from 'yargs';
import { describeConnection } from '../connection-options.ts';
import { deletePaths } from '../deletion.ts';
import { EXIT } from '../exit-code.ts';
import { describeFailure, failureAsJson } from '../failure.ts';
import { groupByServer, parseRemoteArgument } from '../remote-argument.ts';
import { runWithClients } from '../run-with-client.ts';
import { UsageError } from '../usage-error.ts';
import { takeWords, wordsOf } from '../words-argument.ts';

export function deleteCommand(): CommandModule {
  return {
    command: 'delete',
    describe: 'Delete remote files, with -r folders',
    builder: (program: Argv) =>
      describeConnection(takeWords(program))
        .usage('$0 delete [-r] [USER@]HOST:PATH...\n\nDelete remote files.')
        .option('recursive', { alias: 'r', boolean: true, describe: 'Folders with all that is in them' })
        .option('json', { boolean: true, describe: 'Write a line of JSON for each thing to standard output' }),
    handler: async (args) => {
      process.exitCode = await runWithClients(args, async (open, signal) => {
        const json = args['json'] === true;
        const recursive = args['recursive'] === true;
        let status: number = EXIT.ok;
        const remotes = wordsOf(args).map(parseRemoteArgument);
        if (remotes.length === 0) throw new UsageError('delete takes REMOTE...');
        for (const { remote, paths } of groupByServer(remotes)) {
          const client = await open(remote);
          status = Math.max(
            status,
            await deletePaths(
              { client, base: client.home },
              paths,
              { recursive, signal },
              {
                deleted(path) {
                  if (json) process.stdout.write(`${JSON.stringify({ path, deleted: true })}\n`);
                },
                failed(path, error) {
                  if (json) process.stdout.write(`${JSON.stringify({ path, error: failureAsJson(error) })}\n`);
                  process.stderr.write(`sshome: ${describeFailure(error)}\n`);
                },
              },
            ),
          );
        }
        return status;
      });
    },
  };
}
