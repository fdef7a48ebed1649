// The server's own keys as the settings have them, and their fingerprints in the log.

import { algorithmsOf } from '../config/algorithm-settings.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../model/log.ts';
import { keyTypeOf } from '../sshd/algorithms.ts';
import { type HostKey, loadHostKeys, loadNextHostKeys } from '../sshd/host-key.ts';

export interface HostKeys {
  readonly hostKeys: readonly HostKey[];
  /** Keys that clients are told of before they are used. */
  readonly nextHostKeys: readonly HostKey[];
}

/** Reads the keys that the algorithms of `config` need, and makes those that are missing. @throws HostKeyError */
export async function openHostKeys(config: Config, log: Log): Promise<HostKeys> {
  const keysAt = { directory: config.keys, types: algorithmsOf(config).hostKeyAlgorithms.map(keyTypeOf) };
  const hostKeys = await loadHostKeys({
    ...keysAt,
    onMade: (key) => log.info('made a host key', { type: key.type, fingerprint: key.fingerprint }),
  });
  // At every start: this is what people compare the first time they connect.
  for (const { type, fingerprint } of hostKeys) log.info('host key', { type, fingerprint });
  const nextHostKeys = await loadNextHostKeys(keysAt);
  for (const { type, fingerprint } of nextHostKeys) log.info('next host key', { type, fingerprint });
  return { hostKeys, nextHostKeys };
}
