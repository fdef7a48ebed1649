// `sshome download REMOTE... LOCAL`: files from servers.

import type { Argv, CommandModule } from 'yargs';
import { describeConnection } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { groupByServer, parseRemoteArgument } from '../remote-argument.ts';
import { runWithClients } from '../run-with-client.ts';
import { describeTransfer, transferOptions } from '../transfer-options.ts';
import { createTransferReport } from '../transfer-report.ts';
import { downloadAll } from '../transfers.ts';
import { UsageError } from '../usage-error.ts';
import { takeWords, wordsOf } from '../words-argument.ts';

export function downloadCommand(): CommandModule {
  return {
    command: 'download',
    describe: 'Download files: REMOTE... LOCAL',
    builder: (program: Argv) =>
      describeConnection(describeTransfer(takeWords(program)))
        .usage('$0 download [-r] [USER@]HOST:PATH... LOCAL\n\nDownload files. LOCAL may be - for standard output.')
        .example('$0 download -P 2222 alice@files.example.org:report.pdf .', 'from the home')
        .example("$0 download 'alice@files.example.org:photos/*.jpg' pictures/", 'what a pattern stands for'),
    handler: async (args) => {
      process.exitCode = await runWithClients(args, async (open, signal) => {
        const paths = wordsOf(args);
        const target = paths.pop();
        if (target === undefined || paths.length === 0)
          throw new UsageError('download takes REMOTE..., then LOCAL (- is standard output)');
        const report = createTransferReport({
          json: args['json'] === true,
          output: process.stderr,
          data: process.stdout,
        });
        let status: number = EXIT.ok;
        for (const { remote, paths: patterns } of groupByServer(paths.map(parseRemoteArgument))) {
          const client = await open(remote);
          const request = {
            client,
            remoteBase: client.home,
            localBase: process.cwd(),
            options: transferOptions(args),
            signal,
            report,
          };
          status = Math.max(status, await downloadAll(request, patterns, target));
        }
        return status;
      });
    },
  };
}
