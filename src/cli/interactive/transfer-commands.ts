// The commands of the interactive client that carry files, either way.

import { downloadAll, type TransferRequest, uploadAll } from '../transfers.ts';
import { UsageError } from '../usage-error.ts';
import { type InteractiveCommand, type Invocation, MANY } from './command.ts';

export const TRANSFER_COMMANDS: readonly InteractiveCommand[] = [
  {
    name: 'upload',
    aliases: ['put'],
    usage: '[-r] [--resume] LOCAL... [REMOTE]',
    describe: 'send files; the last of several names is where to',
    options: ['-r', '-p', '--resume'],
    least: 1,
    most: MANY,
    completes: (position) => (position === 0 ? 'local' : 'both'),
    run: (invocation) => transfer(invocation, uploadAll),
  },
  {
    name: 'download',
    aliases: ['get'],
    usage: '[-r] [--resume] REMOTE... [LOCAL]',
    describe: 'fetch files; the last of several names is where to',
    options: ['-r', '-p', '--resume'],
    least: 1,
    most: MANY,
    completes: (position) => (position === 0 ? 'remote' : 'both'),
    run: (invocation) => transfer(invocation, downloadAll),
  },
];

async function transfer(
  { context, words, options, signal }: Invocation,
  move: (request: TransferRequest, patterns: readonly string[], target: string) => Promise<number>,
): Promise<number> {
  const sources = words.length > 1 ? words.slice(0, -1) : words;
  const target = words.length > 1 ? (words.at(-1)?.text ?? '') : '.';
  // Standard input is where the commands come from.
  if (words.some(({ text }) => text === '-')) throw new UsageError('"-" has no meaning here');
  const request = {
    client: context.client,
    remoteBase: context.remoteFolder,
    localBase: context.localFolder,
    options: { recursive: options.has('-r'), resume: options.has('--resume'), preserve: options.has('-p') },
    signal,
    report: context.makeReport(),
  };
  return move(
    request,
    sources.map(({ pattern }) => pattern),
    target,
  );
}
