// `sshome user key`: the public keys of a user.

import { readFile } from 'node:fs/promises';
import type { Argv, CommandModule } from 'yargs';
import { AccountError } from '../../model/account.ts';
import { printable } from '../../model/printable.ts';
import { findUser, runUserCommand, type UserCommandContext } from './user-context.ts';

/** `sshome user key add|list|remove`. */
export function userKeyCommand(): CommandModule {
  return {
    command: 'key',
    describe: 'Add, list and remove public keys of a user',
    builder: (program) => program.command(COMMANDS).demandCommand(1, 'Which one? `sshome user key --help` lists them.'),
    handler: () => undefined,
  };
}

const COMMANDS: CommandModule[] = [
  {
    command: 'add <name> <file>',
    describe: 'Add the public key in FILE (as id_ed25519.pub)',
    builder: (program) =>
      withName(program).positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'File with one public key',
      }),
    handler: (args) => runUserCommand(args, addKey),
  },
  {
    command: 'list <name>',
    describe: 'List the keys of a user',
    builder: withName,
    handler: (args) => runUserCommand(args, listKeys),
  },
  {
    command: 'remove <name> <fingerprint>',
    describe: 'Remove the key with this fingerprint (as `key list` shows it)',
    builder: (program) =>
      withName(program).positional('fingerprint', { type: 'string', demandOption: true, describe: 'SHA256:...' }),
    handler: (args) => runUserCommand(args, removeKey),
  },
];

async function addKey({ file, keys, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  const key = await keys.add(user, await readKeyFile(String(args['file'])));
  print(`${user} can log in with ${key.type} ${key.fingerprint}`);
}

async function listKeys({ file, keys, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  for (const { fingerprint, type, comment } of await keys.list(user)) {
    print(`${fingerprint} ${type} ${printable(comment)}`.trimEnd());
  }
}

async function removeKey({ file, keys, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  const key = await keys.remove(user, String(args['fingerprint']));
  print(`${user} can't log in any more with ${key.type} ${key.fingerprint}`);
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AccountError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function withName(program: Argv): Argv {
  return program.positional('name', { type: 'string', demandOption: true, describe: 'Name of the user' });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
