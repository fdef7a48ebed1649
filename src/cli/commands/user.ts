// `sshome user`: edits the file of the users. What may be in it is decided in accounts/.

import type { Argv, CommandModule } from 'yargs';
import { hasPlainPassword } from '../../accounts/account.ts';
import { addUser, checkUserName, hashAll, removeUser, setLocked, setSecret } from '../../accounts/edit-credentials.ts';
import { loadCredentials } from '../../accounts/load-credentials.ts';
import { checkNewPassword } from '../../accounts/new-password.ts';
import { PasswordPool } from '../../accounts/password-pool.ts';
import { AccountError } from '../../model/account.ts';
import type { PasswordRules } from '../../model/rules.ts';
import { askSecret } from '../prompt.ts';
import { readFirstLine } from '../stdin-line.ts';
import { findUser, readAccounts, runUserCommand, type UserCommandContext } from './user-context.ts';
import { userKeyCommand } from './user-key.ts';
import { userTotpCommand } from './user-totp.ts';

/** `sshome user add|passwd|lock|unlock|remove|list|hash-all|key|totp`. */
export function userCommand(): CommandModule {
  return {
    command: 'user',
    describe: 'Add, change and remove the users of the server',
    builder: (program) =>
      program
        .option('credentials', {
          string: true,
          requiresArg: true,
          describe: 'File of the users (SSHOME_CREDENTIALS) [default: id_passwd.txt]',
        })
        .command(COMMANDS)
        .command(userKeyCommand())
        .command(userTotpCommand())
        .demandCommand(1, 'Which one? `sshome user --help` lists them.'),
    handler: () => undefined,
  };
}

const COMMANDS: CommandModule[] = [
  {
    command: 'add <name>',
    describe: 'Add a user; asks for the password',
    builder: (program) => withPasswordFlags(withName(program)),
    handler: (args) => runUserCommand(args, add),
  },
  {
    command: 'passwd <name>',
    describe: 'Give a user another password',
    builder: (program) => withPasswordFlags(withName(program)),
    handler: (args) => runUserCommand(args, passwd),
  },
  {
    command: 'lock <name>',
    describe: 'Let a user in no more, and end the sessions, until unlocked',
    builder: withName,
    handler: (args) => runUserCommand(args, lock),
  },
  {
    command: 'unlock <name>',
    describe: 'Let a locked user in again, by the same password and keys',
    builder: withName,
    handler: (args) => runUserCommand(args, unlock),
  },
  {
    command: 'remove <name>',
    describe: 'Remove a user and the keys; the home stays',
    builder: withName,
    handler: (args) => runUserCommand(args, remove),
  },
  {
    command: 'list',
    describe: 'List the users',
    builder: (program) => program.option('json', { boolean: true, describe: 'Write JSON' }),
    handler: (args) => runUserCommand(args, list),
  },
  {
    command: 'hash-all',
    describe: 'Hash the passwords that stand in the file as plain text',
    handler: (args) => runUserCommand(args, hashAllPlain),
  },
];

async function add({ file, keys, records, passwordRules, args }: UserCommandContext): Promise<void> {
  const name = String(args['name']);
  checkUserName(name);
  const accounts = (await loadCredentials(file))?.accounts ?? [];
  if (accounts.some(({ user }) => user === name)) throw new AccountError(`there is a user ${name} already`);
  await addUser(file, name, await hashOf(await newPassword(name, args, passwordRules)));
  const mustChange = args['mustChange'] === true;
  await records.passwordSet(name, { mustChange });
  print(`${name} is added${mustChange ? ', and must change the password at the first login' : ''}.`);
  const count = (await keys.list(name)).length;
  if (count > 0)
    print(`Note: ${count} public key${count === 1 ? '' : 's'} in authorized_keys/${name} can log in, too.`);
  if ((await records.read(name)).totp !== undefined)
    print(
      `Note: the second factor in logins/${name} is asked for; take it away with: sshome user totp disable ${name}`,
    );
}

async function passwd({ file, records, passwordRules, args }: UserCommandContext): Promise<void> {
  const name = String(args['name']);
  const { locked } = await findUser(file, name);
  await setSecret(file, name, await hashOf(await newPassword(name, args, passwordRules)));
  const mustChange = args['mustChange'] === true;
  await records.passwordSet(name, { mustChange });
  const notes = [
    ...(mustChange ? [', to be changed at the next login'] : []),
    ...(locked ? [', and is still locked'] : []),
  ];
  print(`${name} has a new password${notes.join('')}.`);
}

async function remove({ file, keys, records, args }: UserCommandContext): Promise<void> {
  const name = String(args['name']);
  await findUser(file, name);
  // The keys go first: if this stops half-way, there is a user without keys and not keys without a user.
  await keys.forget(name);
  await removeUser(file, name);
  // The second factor goes last: without it, the password of a user who is still there would be enough.
  await records.forget(name);
  print(`${name} is removed, with the public keys. The home and all files in it are still there.`);
}

async function lock({ file, args }: UserCommandContext): Promise<void> {
  const name = String(args['name']);
  await setLocked(file, name, true);
  print(`${name} is locked: neither the password nor a key lets in.`);
}

async function unlock({ file, args }: UserCommandContext): Promise<void> {
  const name = String(args['name']);
  await setLocked(file, name, false);
  print(`${name} is unlocked, with the password and keys from before.`);
}

async function list({ file, keys, records, args }: UserCommandContext): Promise<void> {
  const rows = [];
  for (const account of await readAccounts(file)) {
    const { user, hash, locked } = account;
    const password = hash?.scheme ?? (hasPlainPassword(account) ? 'plain' : 'none');
    const { totp, mustChangePassword } = await records.read(user);
    const marks = { locked, totp: totp !== undefined, mustChange: mustChangePassword };
    rows.push({ user, password, keys: (await keys.list(user)).length, ...marks });
  }
  if (args['json'] === true) return print(JSON.stringify(rows, undefined, 2));
  const width = Math.max(...rows.map(({ user }) => user.length));
  for (const row of rows) {
    const marks = [row.totp && 'totp', row.mustChange && 'must change', row.locked && 'locked'];
    const columns = [row.user.padEnd(width), row.password.padEnd(8), `${row.keys} key${row.keys === 1 ? '' : 's'}`];
    print([...columns, ...marks.filter((mark) => mark !== false)].join('  '));
  }
}

async function hashAllPlain({ file }: UserCommandContext): Promise<void> {
  const pool = new PasswordPool();
  try {
    const users = await hashAll(file, (password) => pool.hash(password));
    if (users.length === 0) print('There is no plain password.');
    else print(`${users.length} password${users.length === 1 ? ' is' : 's are'} hashed now: ${users.join(', ')}`);
  } finally {
    await pool.close();
  }
}

async function hashOf(password: string): Promise<string> {
  const pool = new PasswordPool({ threads: 1 });
  try {
    return await pool.hash(password);
  } finally {
    await pool.close();
  }
}

async function newPassword(
  name: string,
  args: Readonly<Record<string, unknown>>,
  rules: PasswordRules,
): Promise<string> {
  if (args['passwordStdin'] === true) {
    const password = await readFirstLine(process.stdin);
    await checkNewPassword(password, rules);
    return password;
  }
  if (!process.stdin.isTTY) {
    throw new AccountError('there is no terminal to ask for the password: give it with --password-stdin');
  }
  const terminal = { input: process.stdin, output: process.stderr };
  const password = await askSecret(`New password for ${name}: `, terminal);
  await checkNewPassword(password, rules);
  if ((await askSecret('The same again: ', terminal)) !== password) throw new AccountError('the two passwords differ');
  return password;
}

function withName(program: Argv): Argv {
  return program.positional('name', { type: 'string', demandOption: true, describe: 'Name of the user' });
}

function withPasswordFlags(program: Argv): Argv {
  return program
    .option('password-stdin', {
      boolean: true,
      describe: 'Take the password from the first line of standard input',
    })
    .option('must-change', {
      boolean: true,
      describe: 'The user must choose another one at the next login',
    });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
