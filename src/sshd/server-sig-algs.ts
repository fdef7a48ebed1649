// Tells a client by which algorithms it may sign its login (RFC 8308, section 3.1). What ssh2 1.17 tells has two names run
// together, and SHA-1 in it.

import { type Protocol, sendMessage } from '../transport/ssh2-protocol.ts';
import { encodeStrings } from '../transport/wire.ts';

const EXT_INFO = 7;

/** All that `accounts/public-key.ts` takes. */
export const SIGNATURE_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** Sends EXT_INFO after the first key exchange, in place of ssh2's, to a client that has asked for it. */
export function announceSignatureAlgorithms(protocol: Protocol): void {
  const complete = protocol._onHandshakeComplete;
  let isFirst = true;
  protocol._onHandshakeComplete = (negotiated) => {
    const exchange = protocol._kex;
    if (isFirst && exchange?.remoteExtInfoEnabled === true) {
      // Right after NEWKEYS: RFC 8308, section 2.4.
      sendMessage(protocol, extInfo());
      exchange.remoteExtInfoEnabled = false;
    }
    isFirst = false;
    complete(negotiated);
  };
}

function extInfo(): Buffer {
  const head = Buffer.from([EXT_INFO, 0, 0, 0, 1]);
  return Buffer.concat([head, encodeStrings(['server-sig-algs', SIGNATURE_ALGORITHMS.join(',')])]);
}
