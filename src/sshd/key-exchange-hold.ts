// What else arrives during a key exchange of a connection that is logged in. ssh2 ends the connection then, as RFC 4253,
// section 7.1, allows; OpenSSH takes it, and there are clients that need it.

import type { Connection } from 'ssh2';
import { internalsOf } from './ssh2-internals.ts';

const IGNORE = 2;
const DEBUG = 4;
const GLOBAL_REQUEST = 80;

/** More than a channel's window: a client that does not know that keys are being exchanged fills that at most. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

/**
 * From here to the end of the key exchange that has just begun, and is not the connection's first: IGNORE,
 * UNIMPLEMENTED and DEBUG are passed over (strict key exchange forbids them in the first alone: OpenSSH PROTOCOL,
 * section 1.10), and channels' messages wait until there are new keys. They may not be handled before: what is
 * answered meanwhile heaps up in ssh2. AsyncSSH sends both, in Debian 12 once in every GiB.
 */
export function holdDuringKeyExchange(client: Connection, onViolation: (what: string) => void): void {
  const { _protocol: protocol } = internalsOf(client);
  const { _decipher: decipher } = protocol;
  const handle = decipher._onPayload;
  const held: Buffer[] = [];
  let heldBytes = 0;
  decipher._onPayload = (payload) => {
    const type = payload[0];
    if (type === undefined || (type >= IGNORE && type <= DEBUG)) return undefined;
    // A copy: ssh2 keeps parts of it, and it may lie in a buffer that others read into next.
    if (type < GLOBAL_REQUEST) return handle(Buffer.from(payload));
    heldBytes += payload.length;
    if (heldBytes > MAX_HELD_BYTES) return onViolation('too much during a key exchange');
    held.push(Buffer.from(payload));
    return undefined;
  };
  client.once('rekey', () => {
    for (const payload of held) protocol._onPayload(payload);
  });
}
