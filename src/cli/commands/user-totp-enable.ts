// `sshome user totp enable`: makes a second factor. No verb of administration, because the secret is shown, and a code of it
// asked for, before anything is changed; the command of the shell that does the same is for one's own.

import type { CommandModule } from 'yargs';
import { drawQrCode } from '../../accounts/qr-code.ts';
import { SecondFactors } from '../../accounts/second-factor.ts';
import { RECOVERY_CODES } from '../../administration/verbs/user-totp.ts';
import { AccountError } from '../../model/account.ts';
import { lightOnDark } from '../../model/light-on-dark.ts';
import { changeUser, type UserFiles } from '../administration-context.ts';
import { EXIT } from '../exit-code.ts';
import type { ProgramIo } from '../program-io.ts';
import { askSecret } from '../prompt.ts';
import { readFirstLine } from '../stdin-line.ts';

export function userTotpEnableCommand(
  io: ProgramIo,
  explain: (io: ProgramIo, error: unknown) => number,
): CommandModule {
  return {
    command: 'enable <name>',
    describe: 'Make a second factor; shows a QR code and recovery codes, and asks for a code',
    builder: (program) =>
      program
        .positional('name', { type: 'string', demandOption: true, describe: 'Name of the user' })
        .option('confirm', {
          boolean: true,
          default: true,
          describe: 'Ask for a code of the new secret first; --no-confirm does without',
        }),
    handler: async (args) => {
      const user = String(args['name']);
      try {
        await changeUser(args, { verb: 'user totp enable', user }, (files) =>
          enable({ io, user, files, isConfirmed: args['confirm'] !== false }),
        );
        io.setStatus(EXIT.ok);
      } catch (error) {
        io.setStatus(explain(io, error));
      }
    },
  };
}

async function enable(by: { io: ProgramIo; user: string; files: UserFiles; isConfirmed: boolean }): Promise<void> {
  const { io, user, files, isConfirmed } = by;
  const print = (text: string): void => void io.output.write(`${text}\n`);
  const { keys, totp } = await files.accounts.find(user);
  if (totp) {
    throw new AccountError(`${user} has a second factor already; take it away with: sshome user totp disable ${user}`);
  }
  const secondFactors = new SecondFactors({ records: files.records });
  const enrolment = secondFactors.prepare(user);
  const { uri, secretText, recoveryCodes } = enrolment;
  const isTerminal = 'isTTY' in io.output && io.output.isTTY === true;
  for (const line of drawQrCode(uri)) print(isTerminal ? lightOnDark(line) : line);
  print(`Secret: ${secretText}`);
  print(uri);
  await secondFactors.enable(enrolment, isConfirmed ? await askCode(io) : undefined);
  print(`${user} gives a one-time code after the password from now on.`);
  print(RECOVERY_CODES);
  for (const code of recoveryCodes) print(`  ${code}`);
  if (keys > 0) {
    const those = `${keys} public key${keys === 1 ? ' lets' : 's let'}`;
    print(`Note: ${those} ${user} in without a code, unless a rule asks for it.`);
  }
}

function askCode({ input, errorOutput }: ProgramIo): Promise<string> {
  if (input.isTTY !== true) return readFirstLine(input);
  return askSecret('One-time code of the new secret: ', { input, output: errorOutput });
}
