// How much one session may ask for at once. Every number bounds memory or descriptors; none is a matter of taste.

import { MAX_PACKET_BYTES } from './codec/constants.ts';

export interface SftpLimits {
  /** The largest packet taken; a larger one ends the session. 1 KiB more than clients are told, as OpenSSH's limit. */
  readonly packetBytes: number;
  /** Files and folders open at the same time. ssh2-sftp-client opens 160 when told to, OpenSSH's server allows about 1,000. */
  readonly handles: number;
  /** Requests taken but not answered yet. OpenSSH's client sends 64 ahead. */
  readonly requests: number;
  /** Bytes of such requests and of the replies they may lead to. Enough to fill a channel's window of 2 MiB. */
  readonly bytes: number;
}

export const DEFAULT_LIMITS: SftpLimits = {
  packetBytes: MAX_PACKET_BYTES + 1024,
  handles: 512,
  requests: 64,
  bytes: 2 * 1024 * 1024,
};
