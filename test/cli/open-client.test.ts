// As whom the command line logs in.

import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import test from 'ava';
import { openClient } from '../../src/cli/open-client.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

/*
 * What was wrong: who has no name on this machine was told "A system error occurred: uv_os_get_passwd returned ENOENT".
 * How it was reached: `sshome list host:` in a container that runs with a number for a user.
 * What this verifies: the message says what to write.
 */
test.serial('open client: an account without a name is told to write one', async (t) => {
  const { userInfo } = os;
  t.teardown(() => {
    os.userInfo = userInfo;
    syncBuiltinESMExports();
  });
  os.userInfo = () => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)');
  };
  syncBuiltinESMExports();
  const flags = {
    identities: [],
    port: undefined,
    timeoutMs: 1000,
    acceptNew: false,
    knownHosts: undefined,
    passwordFile: undefined,
  };
  const by = { environment: {}, asking: undefined, signal: new AbortController().signal };
  await t.throwsAsync(openClient({ user: undefined, host: '127.0.0.1', port: 1 }, flags, by), {
    instanceOf: UsageError,
    message: /USER@HOST/,
  });
});
