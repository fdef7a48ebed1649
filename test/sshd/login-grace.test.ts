// The time for a login, in a file of its own: what else runs beside it would take some of that time.

import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { loginByScript } from '../helpers/login-script.ts';
import { giveSecondFactor } from '../helpers/second-factor.ts';
import { PASSWORDS, startServer } from '../helpers/server.ts';
import { beforeLogin, closed } from '../helpers/ssh-client.ts';

test('login grace: begins anew after a right proof, and not for who proves nothing', async (t) => {
  t.timeout(60_000);
  const server = await startServer(t, { 'login-grace': '10s' });
  const factor = await giveSecondFactor(server);
  let strangerIsGone = Promise.resolve();
  const { heard, client } = await loginByScript(server, 'alice', [
    {
      password: async () => {
        strangerIsGone = closed(await beforeLogin(t, server, 'bob'));
        return delay(5000, PASSWORDS.alice);
      },
    },
    {
      // The stranger, who came later, is cut off by now; who gave the password meanwhile has more time.
      answers: [
        async () => {
          await strangerIsGone;
          return [factor.code()];
        },
      ],
    },
  ]);
  client?.destroy();
  t.is(heard.at(-1), 'in', heard.join());
});
