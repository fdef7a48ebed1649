// `sshome ban`: the sources that a running server turns away, and how to let one in again.

import type { Argv, CommandModule } from 'yargs';
import { SETTINGS, variableOf } from '../../config/schema.ts';
import { askServer, ControlError } from '../../control/ask.ts';
import type { Penalty } from '../../model/penalty.ts';
import { EXIT } from '../exit-code.ts';

interface BanArguments {
  readonly state: string;
  readonly json?: boolean;
  readonly source?: string;
}

export function banCommand(): CommandModule {
  return {
    command: 'ban',
    describe: 'Show and remove the penalties of sources that misbehaved',
    builder: (program) =>
      withState(program)
        .command({
          command: 'list',
          describe: 'List the sources that have a penalty',
          builder: (list: Argv) => list.option('json', { boolean: true, describe: 'as JSON' }),
          handler: (words) => run(words as unknown as BanArguments, listPenalties),
        })
        .command({
          command: 'remove <source>',
          describe: 'Take the penalty off an address or network',
          builder: (remove: Argv) =>
            remove.positional('source', { type: 'string', describe: 'as `ban list` shows it' }),
          handler: (words) => run(words as unknown as BanArguments, removePenalty),
        })
        .demandCommand(1, 'Which? `sshome ban --help` lists them.'),
    handler: () => {},
  };
}

function withState(program: Argv): Argv {
  const { name, default: fallback } = SETTINGS.state;
  return program.option('state', {
    string: true,
    requiresArg: true,
    default: process.env[variableOf(name)] || fallback,
    describe: 'folder of the state of the server',
  });
}

async function run(words: BanArguments, action: (words: BanArguments) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await action(words);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    process.stderr.write(`sshome: ${error.message}\n`);
    process.exitCode = EXIT.failed;
  }
}

async function listPenalties({ state, json = false }: BanArguments): Promise<number> {
  const penalties = await askServer(state, { verb: 'ban list' });
  for (const penalty of penalties) process.stdout.write(json ? `${JSON.stringify(penalty)}\n` : `${shown(penalty)}\n`);
  if (penalties.length === 0 && !json) process.stderr.write('no source has a penalty\n');
  return EXIT.ok;
}

function shown({ source, untilMs, isEnforced, lastOffence }: Penalty): string {
  const until = new Date(untilMs).toISOString();
  return `${source.padEnd(24)} ${isEnforced ? 'turned away' : 'remembered '} until ${until}  ${lastOffence}`;
}

async function removePenalty({ state, source = '' }: BanArguments): Promise<number> {
  const isGone = await askServer(state, { verb: 'ban remove', source });
  process.stderr.write(isGone ? `${source} is let in again\n` : `${source} has no penalty\n`);
  return isGone ? EXIT.ok : EXIT.failed;
}
