// `sshome upload LOCAL... REMOTE`: files to a server.

import type { Argv, CommandModule } from 'yargs';
import { describeConnection } from '../connection-options.ts';
import { parseRemoteArgument } from '../remote-argument.ts';
import { runWithClients } from '../run-with-client.ts';
import { describeTransfer, transferOptions } from '../transfer-options.ts';
import { createTransferReport } from '../transfer-report.ts';
import { uploadAll } from '../transfers.ts';
import { UsageError } from '../usage-error.ts';
import { takeWords, wordsOf } from '../words-argument.ts';

export function uploadCommand(): CommandModule {
  return {
    command: 'upload',
    describe: 'Upload files: LOCAL... REMOTE',
    builder: (program: Argv) =>
      describeConnection(describeTransfer(takeWords(program)))
        .usage('$0 upload [-r] LOCAL... [USER@]HOST:PATH\n\nUpload files. LOCAL may be - for standard input.')
        .example('$0 upload -P 2222 report.pdf alice@files.example.org:', 'into the home')
        .example('$0 upload -r photos sftp://alice@files.example.org:2222/backup/', 'a folder into another'),
    handler: async (args) => {
      process.exitCode = await runWithClients(args, async (open, signal) => {
        const paths = wordsOf(args);
        const target = paths.pop();
        if (target === undefined || paths.length === 0)
          throw new UsageError('upload takes LOCAL... (- is standard input), then REMOTE');
        const remote = parseRemoteArgument(target);
        const client = await open(remote);
        return uploadAll(
          {
            client,
            remoteBase: client.home,
            localBase: process.cwd(),
            options: transferOptions(args),
            signal,
            report: createTransferReport({ json: args['json'] === true, output: process.stderr, data: process.stdout }),
          },
          paths,
          remote.path,
        );
      });
    },
  };
}
