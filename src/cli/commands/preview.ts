// `sshome preview REMOTE`: the beginning of a file on a server.

import type { Argv, CommandModule } from 'yargs';
import { PREVIEW_BYTES } from '../../client/client.ts';
import { parsePath } from '../../model/path.ts';
import { describeConnection } from '../connection-options.ts';
import { EXIT } from '../exit-code.ts';
import { previewLines } from '../preview.ts';
import { parseRemoteArgument } from '../remote-argument.ts';
import { runWithClients } from '../run-with-client.ts';
import { UsageError } from '../usage-error.ts';

/** More is a download. */
const MAX_BYTES = 64 * 1024 * 1024;

export function previewCommand(): CommandModule {
  return {
    command: 'preview <remote>',
    describe: 'Show the first bytes of a remote file',
    builder: (program: Argv) =>
      describeConnection(program)
        .usage('$0 preview [-n BYTES] [USER@]HOST:PATH')
        .positional('remote', { string: true, describe: 'The file on the server' })
        .option('bytes', {
          alias: 'n',
          string: true,
          requiresArg: true,
          describe: `How many [default: ${PREVIEW_BYTES}]`,
        })
        .option('json', { boolean: true, describe: 'Write JSON, with the bytes in base64' }),
    handler: async (args) => {
      process.exitCode = await runWithClients(args, async (open) => {
        const bytes = bytesOf(args['bytes']);
        const remote = parseRemoteArgument(String(args['remote']));
        const client = await open(remote);
        const content = await client.preview(parsePath(remote.path, client.home), { bytes });
        if (args['json'] === true) {
          process.stdout.write(`${JSON.stringify({ path: remote.path, base64: content.toString('base64') })}\n`);
        } else if (process.stdout.isTTY === true) {
          for (const line of previewLines(content)) process.stdout.write(`${line}\n`);
        } else {
          process.stdout.write(content);
        }
        return EXIT.ok;
      });
    },
  };
}

function bytesOf(text: unknown): number {
  if (text === undefined) return PREVIEW_BYTES;
  const bytes = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(bytes >= 1 && bytes <= MAX_BYTES)) throw new UsageError(`--bytes takes a number from 1 to ${MAX_BYTES}`);
  return bytes;
}
