// What every program of OpenSSH is told, so that nothing of this machine's own settings takes part.

import type { Server } from '../servers/server.ts';

/** The algorithms to agree on; what is not named is left to the two sides, as for everybody. */
export interface Algorithms {
  readonly cipher?: string;
  readonly keyExchange?: string;
}

/** Where a session goes: a server, or a relay before it. */
export type Target = Pick<Server, 'host' | 'port' | 'user'>;

export function opensshOptions(privateKey: string, { cipher, keyExchange }: Algorithms): string[] {
  return [
    ...['-F', 'none'],
    ...Object.entries({
      BatchMode: 'yes',
      IdentityFile: privateKey,
      IdentitiesOnly: 'yes',
      IdentityAgent: 'none',
      ControlPath: 'none',
      UserKnownHostsFile: '/dev/null',
      GlobalKnownHostsFile: '/dev/null',
      StrictHostKeyChecking: 'no',
      UpdateHostKeys: 'no',
      HostKeyAlgorithms: 'ssh-ed25519',
      ...(cipher === undefined ? {} : { Ciphers: cipher }),
      ...(keyExchange === undefined ? {} : { KexAlgorithms: keyExchange }),
      LogLevel: 'ERROR',
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}
