// What is between the client and the wire: its offer, the post-quantum key exchange, new keys in time.

import { gatherIdentification } from '../transport/identification.ts';
import { usePostQuantum } from '../transport/mlkem768x25519.ts';
import { keepRekeying, type RekeyLimits } from '../transport/rekey.ts';
import { checkProtocol, checkVersion, protocolOf, socketOf } from '../transport/ssh2-protocol.ts';
import { clientOffer } from './algorithms.ts';

/** As OpenSSH's RekeyLimit and the server's settings have them. */
const REKEY_LIMITS: RekeyLimits = { rekeyBytes: 1024 ** 3, rekeyTimeMs: 3_600_000, rekeyTimeoutMs: 60_000 };

/** More than a session's requests under way can come to. */
const MAX_WAITING_BYTES = 64 * 1024 ** 2;

/**
 * Prepares a client of ssh2 whose `connect` has just been called: nothing has been read from its socket yet.
 *
 * @throws Error when ssh2 is not the version that this was written for
 */
export function prepareTransport(by: {
  client: object;
  /** The types of key that the host is known by. */
  knownTypes: readonly string[];
  rekey: Partial<RekeyLimits>;
  onStalled: (what: string) => void;
}): void {
  const { client, knownTypes, onStalled } = by;
  checkVersion();
  gatherIdentification(socketOf(client), 'server');
  const protocol = protocolOf(client);
  checkProtocol(protocol);
  protocol._offer = clientOffer(knownTypes);
  usePostQuantum(protocol);
  const rekeying = keepRekeying({
    protocol,
    limits: { ...REKEY_LIMITS, ...by.rekey },
    maxWaitingBytes: MAX_WAITING_BYTES,
    onStalled,
  });
  socketOf(client).once('close', () => rekeying.stop());
}
