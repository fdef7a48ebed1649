// The options that uploads and downloads share.

import type { Argv } from 'yargs';
import type { TransferOptions } from '../client/transfer.ts';

export function describeTransfer(program: Argv): Argv {
  return program
    .option('recursive', {
      alias: 'r',
      boolean: true,
      describe: 'Folders with all that is in them; links are left out',
    })
    .option('resume', { boolean: true, describe: 'Continue what an interrupted transfer has left' })
    .option('preserve', { alias: 'p', boolean: true, describe: 'Keep times and permission bits' })
    .option('json', { boolean: true, describe: 'Write a line of JSON for each thing to standard output' });
}

export function transferOptions(
  args: Readonly<Record<string, unknown>>,
): Pick<TransferOptions, 'recursive' | 'resume' | 'preserve'> {
  return {
    recursive: args['recursive'] === true,
    resume: args['resume'] === true,
    preserve: args['preserve'] === true,
  };
}
