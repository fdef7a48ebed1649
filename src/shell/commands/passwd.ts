// passwd: another password for oneself.

import { AccountError } from '../../model/account.ts';
import { type Command, defineCommand } from '../command.ts';
import { EXIT } from '../report.ts';

export const passwd: Command = defineCommand({
  name: 'passwd',
  summary: 'change your password',
  details:
    'Asks for the current password and twice for the new one. Without a terminal it reads these three lines from the input.',
  operands: '',
  count: [0, 0],
  completes: 'nothing',
  options: {},
  run: async ({ io, context }) => {
    const secret = async (question: string): Promise<string> => {
      const answer = await io.ask(question, { secret: true });
      if (answer === undefined) throw new AccountError('nothing was changed');
      return answer;
    };
    const current = await secret('Current password: ');
    const next = await secret('New password: ');
    const again = await secret('New password again: ');
    if (next !== again) throw new AccountError('the new passwords are not the same; nothing was changed');
    await context.account.changePassword(current, next);
    await io.line('The password is changed.');
    return EXIT.ok;
  },
});
