// `sshome quota`: how much is in the homes and shared folders that have a quota, and how to count anew.

import type { Argv, CommandModule } from 'yargs';
import { SETTINGS, variableOf } from '../../config/schema.ts';
import { askServer, ControlError } from '../../control/ask.ts';
import type { Tree, TreeUsage } from '../../model/usage.ts';
import { EXIT } from '../exit-code.ts';
import { formatBytes } from '../sizes.ts';

interface QuotaArguments {
  readonly state: string;
  readonly json?: boolean;
  readonly name?: string;
}

export function quotaCommand(): CommandModule {
  return {
    command: 'quota',
    describe: 'Show how much is used of the quotas, and count anew',
    builder: (program) =>
      withState(program)
        .command({
          command: 'show',
          describe: 'List the homes and shared folders that have a quota',
          builder: (show: Argv) => show.option('json', { boolean: true, describe: 'as JSON' }),
          handler: (words) => run(words as unknown as QuotaArguments, show),
        })
        .command({
          command: 'scan <name>',
          describe: 'Count anew what is in a home, while people work in it',
          builder: (scan: Argv) =>
            scan
              .positional('name', { type: 'string', describe: 'a user, or folder:NAME for a shared folder' })
              .option('json', { boolean: true, describe: 'as JSON' }),
          handler: (words) => run(words as unknown as QuotaArguments, scan),
        })
        .demandCommand(1, 'Which? `sshome quota --help` lists them.'),
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

async function run(words: QuotaArguments, action: (words: QuotaArguments) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await action(words);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    process.stderr.write(`sshome: ${error.message}\n`);
    process.exitCode = EXIT.failed;
  }
}

async function show({ state, json = false }: QuotaArguments): Promise<number> {
  const trees = await askServer(state, { verb: 'quota show' });
  for (const tree of trees) process.stdout.write(json ? `${JSON.stringify(tree)}\n` : `${shown(tree)}\n`);
  if (trees.length === 0 && !json) process.stderr.write('nobody has a quota\n');
  return EXIT.ok;
}

/** `alice                    1.5 GiB of 10.0 GiB, 120 of 1000 files` */
function shown({ tree, used, quota }: TreeUsage): string {
  const size = used === undefined ? 'not counted yet' : formatBytes(used.bytes);
  const bytes = quota.bytes === undefined ? '' : ` of ${formatBytes(quota.bytes)}`;
  const files = quota.files === undefined ? '' : ` of ${quota.files}`;
  return `${nameOf(tree).padEnd(24)} ${size}${bytes}, ${used?.files ?? '?'}${files} files`;
}

async function scan({ state, name = '', json = false }: QuotaArguments): Promise<number> {
  const scanned = await askServer(state, { verb: 'quota scan', tree: treeOf(name) });
  if ('problem' in scanned) {
    process.stderr.write(`sshome: ${scanned.problem}\n`);
    return EXIT.failed;
  }
  const { bytes, files } = scanned.used;
  process.stdout.write(json ? `${JSON.stringify(scanned.used)}\n` : `${name}: ${bytes} bytes in ${files} files\n`);
  return EXIT.ok;
}

/** A home by its user, a shared folder as `folder:NAME`. No user's name has a colon. */
function treeOf(name: string): Tree {
  return name.startsWith('folder:') ? `folder:${name.slice('folder:'.length)}` : `home:${name}`;
}

function nameOf(tree: Tree): string {
  return tree.startsWith('home:') ? tree.slice('home:'.length) : tree;
}
