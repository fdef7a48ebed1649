// What a server may send, and when: refused is what ssh2 takes though no honest server sends it, and told by its name is what
// ssh2 throws at.

import type { Protocol } from '../transport/ssh2-protocol.ts';

// Message numbers of RFC 4250, section 4.1.2.
const SERVICE_ACCEPT = 6;
const USERAUTH_FAILURE = 51;
const USERAUTH_SUCCESS = 52;
const CHANNEL_OPEN_CONFIRMATION = 91;

const NAMES: ReadonlyMap<number | undefined, string> = new Map([
  [1, 'DISCONNECT'],
  [SERVICE_ACCEPT, 'SERVICE_ACCEPT'],
  [7, 'EXT_INFO'],
  [USERAUTH_FAILURE, 'USERAUTH_FAILURE'],
  [USERAUTH_SUCCESS, 'USERAUTH_SUCCESS'],
  [80, 'GLOBAL_REQUEST'],
  [81, 'REQUEST_SUCCESS'],
  [82, 'REQUEST_FAILURE'],
  [90, 'CHANNEL_OPEN'],
  [CHANNEL_OPEN_CONFIRMATION, 'CHANNEL_OPEN_CONFIRMATION'],
  [92, 'CHANNEL_OPEN_FAILURE'],
  [93, 'CHANNEL_WINDOW_ADJUST'],
  [94, 'CHANNEL_DATA'],
  [98, 'CHANNEL_REQUEST'],
]);

/** ssh2 loops for ever on a channel whose maximum packet is 0; no server asks for less than 32 KiB. */
const MIN_PACKET_BYTES = 1024;
/** Behind the type, the two numbers of the channel and its window. */
const PACKET_BYTES_AT = 13;

/**
 * To be called before the first message. `onViolation` is told once of what no honest server sends; nothing that comes after it
 * is looked at.
 */
export function keepMessageOrder(protocol: Protocol, onViolation: (what: string, cause?: unknown) => void): void {
  const handle = protocol._onPayload;
  let isServiceAccepted = false;
  let isBroken = false;
  const refuse = (payload: Buffer, why: string, cause?: unknown): void => {
    isBroken = true;
    const message = NAMES.get(payload[0]) ?? 'message';
    onViolation(`The server broke the protocol: its ${message} (${payload[0]}) ${why}`, cause);
  };
  protocol._onPayload = (payload) => {
    if (isBroken) return undefined;
    switch (payload[0]) {
      case SERVICE_ACCEPT:
        if (isServiceAccepted) return refuse(payload, 'came twice');
        isServiceAccepted = true;
        break;
      case USERAUTH_FAILURE:
      case USERAUTH_SUCCESS:
        if (protocol._authsQueue.length === 0) return refuse(payload, 'answers no login');
        break;
      case CHANNEL_OPEN_CONFIRMATION:
        if (payload.length >= PACKET_BYTES_AT + 4 && payload.readUInt32BE(PACKET_BYTES_AT) < MIN_PACKET_BYTES) {
          return refuse(payload, `lets no packet be longer than ${payload.readUInt32BE(PACKET_BYTES_AT)} bytes`);
        }
        break;
    }
    try {
      return handle(payload);
    } catch (error) {
      return refuse(payload, 'makes no sense', error);
    }
  };
}
