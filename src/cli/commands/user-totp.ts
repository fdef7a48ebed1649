// `sshome user totp`: the second factor of a user.

import type { Argv, CommandModule } from 'yargs';
import { drawQrCode } from '../../accounts/qr-code.ts';
import { SecondFactors } from '../../accounts/second-factor.ts';
import { AccountError } from '../../model/account.ts';
import { lightOnDark } from '../../model/light-on-dark.ts';
import { askSecret } from '../prompt.ts';
import { readFirstLine } from '../stdin-line.ts';
import { findUser, runUserCommand, type UserCommandContext } from './user-context.ts';

/** `sshome user totp enable|disable|status|recovery`. */
export function userTotpCommand(): CommandModule {
  return {
    command: 'totp',
    describe: 'Give a user a second factor: a one-time code after the password',
    builder: (program) =>
      program.command(COMMANDS).demandCommand(1, 'Which one? `sshome user totp --help` lists them.'),
    handler: () => undefined,
  };
}

const COMMANDS: CommandModule[] = [
  {
    command: 'enable <name>',
    describe: 'Make a second factor; shows a QR code and recovery codes, and asks for a code',
    builder: (program) =>
      withName(program).option('confirm', {
        boolean: true,
        default: true,
        describe: 'Ask for a code of the new secret first; --no-confirm does without',
      }),
    handler: (args) => runUserCommand(args, enable),
  },
  {
    command: 'disable <name>',
    describe: 'Take the second factor of a user away',
    builder: withName,
    handler: (args) => runUserCommand(args, disable),
  },
  {
    command: 'status <name>',
    describe: 'Tell whether a user has a second factor, and how many recovery codes are left',
    builder: withName,
    handler: (args) => runUserCommand(args, status),
  },
  {
    command: 'recovery <name>',
    describe: 'Make new recovery codes in the place of the old ones',
    builder: withName,
    handler: (args) => runUserCommand(args, recovery),
  },
];

async function enable({ file, keys, records, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  const secondFactors = new SecondFactors({ records });
  if ((await secondFactors.status(user)) !== undefined) {
    throw new AccountError(`${user} has a second factor already; take it away with: sshome user totp disable ${user}`);
  }
  const enrolment = secondFactors.prepare(user);
  const { uri, secretText, recoveryCodes } = enrolment;
  const isTerminal = process.stdout.isTTY;
  for (const line of drawQrCode(uri)) print(isTerminal ? lightOnDark(line) : line);
  print(`Secret: ${secretText}`);
  print(uri);
  await secondFactors.enable(enrolment, args['confirm'] === false ? undefined : await askCode());
  print(`${user} gives a one-time code after the password from now on.`);
  printRecoveryCodes(recoveryCodes);
  const count = (await keys.list(user)).length;
  if (count > 0)
    print(
      `Note: ${count} public key${count === 1 ? ' lets' : 's let'} ${user} in without a code, unless a rule asks for it.`,
    );
}

async function disable({ file, records, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  await new SecondFactors({ records }).disable(user);
  print(`${user} has no second factor any more.`);
}

async function status({ file, records, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  const found = await new SecondFactors({ records }).status(user);
  if (found === undefined) return print(`${user} has no second factor.`);
  const { since, recoveryCodesLeft: left, blockedUntil } = found;
  const codes = `${left} recovery code${left === 1 ? '' : 's'} left`;
  print(`${user} has a second factor since ${since.toISOString()}, with ${codes}.`);
  if (blockedUntil !== undefined) {
    print(
      `Too many codes were wrong, after the right password: no code is looked at until ${blockedUntil.toISOString()}.`,
    );
  }
}

async function recovery({ file, records, args }: UserCommandContext): Promise<void> {
  const { user } = await findUser(file, String(args['name']));
  printRecoveryCodes(await new SecondFactors({ records }).renewRecoveryCodes(user));
}

function askCode(): Promise<string> {
  if (!process.stdin.isTTY) return readFirstLine(process.stdin);
  return askSecret('One-time code of the new secret: ', { input: process.stdin, output: process.stderr });
}

function printRecoveryCodes(codes: readonly string[]): void {
  print('Recovery codes; each is good for one login without the program, and they are not shown again:');
  for (const code of codes) print(`  ${code}`);
}

function withName(program: Argv): Argv {
  return program.positional('name', { type: 'string', demandOption: true, describe: 'Name of the user' });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
