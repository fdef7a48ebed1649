// Keeps the sample passwords out where they may not be: an authenticator that refuses them, however they came into the
// file while the server ran.

import type { Log } from '../model/log.ts';
import type { Authenticator } from './authenticate.ts';
import { SAMPLE_PASSWORDS } from './sample-users.ts';

export function withoutSamples(authenticator: Authenticator, log: Log): Authenticator {
  return {
    ...authenticator,
    password: (user, password, objection) =>
      authenticator.password(user, password, () => {
        if (SAMPLE_PASSWORDS.get(user) !== password) return objection?.();
        log.error(`${user} has a sample password, which everybody knows: change it with: sshome user passwd ${user}`);
        return 'wrong-password';
      }),
  };
}
