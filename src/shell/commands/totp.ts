// totp: one's own second factor, a one-time code after the password.

import { AccountError } from '../../model/account.ts';
import { lightOnDark } from '../../model/light-on-dark.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { UsageError } from '../options.ts';
import { EXIT } from '../report.ts';

export const totp: Command = defineCommand({
  name: 'totp',
  summary: 'a second factor for your logins: one-time codes',
  details:
    'totp, totp status: whether a code is asked for after the password. totp enable: shows a QR code for your authenticator program, asks for a code of it, and shows ten recovery codes. totp recovery: ten new recovery codes. totp disable: takes the second factor away. All three ask for a code; without a terminal it is read from the input.',
  operands: '[status | enable | recovery | disable]',
  count: [0, 1],
  completes: 'nothing',
  options: {},
  run: async (call) => {
    const [action = 'status'] = call.operands;
    const run = ACTIONS.get(action);
    if (run === undefined) throw new UsageError('status, enable, recovery or disable?', call.syntax);
    await run(call);
    return EXIT.ok;
  },
});

const ACTIONS: ReadonlyMap<string, (call: Call) => Promise<void>> = new Map([
  ['status', status],
  ['enable', enable],
  ['recovery', recovery],
  ['disable', disable],
]);

async function status({ io, context }: Call): Promise<void> {
  const info = await context.account.secondFactor();
  if (info === undefined) return io.line('There is no second factor. Make one with: totp enable');
  const { since, recoveryCodesLeft } = info;
  await io.line(`There is a second factor since ${since.toISOString().slice(0, 10)}.`);
  await io.line(`${recoveryCodesLeft} recovery code${recoveryCodesLeft === 1 ? ' is' : 's are'} left.`);
}

async function enable(call: Call): Promise<void> {
  const { io, context } = call;
  const { secret, uri, qrCode, recoveryCodes, enable: confirm } = await context.account.newSecondFactor();
  for (const line of qrCode) await io.line(io.interactive ? lightOnDark(line) : line);
  await io.line(`Scan this with your authenticator program, or give it the secret: ${secret}`);
  await io.line(uri);
  await confirm(await code(call));
  await io.line('From now on a one-time code is asked for after the password.');
  await show(io, recoveryCodes);
}

async function recovery(call: Call): Promise<void> {
  await show(call.io, await call.context.account.newRecoveryCodes(await code(call)));
}

async function disable(call: Call): Promise<void> {
  await call.context.account.disableSecondFactor(await code(call));
  await call.io.line('The second factor is gone: the password alone lets you in.');
}

async function show(io: Call['io'], codes: readonly string[]): Promise<void> {
  await io.line(
    'Write these recovery codes down: each lets you in once without the program, and they are not shown again.',
  );
  for (const one of codes) await io.line(`  ${one}`);
}

async function code({ io }: Call): Promise<string> {
  const answer = await io.ask('One-time code: ', { secret: true });
  if (answer === undefined) throw new AccountError('nothing was changed');
  return answer;
}
