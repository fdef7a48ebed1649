// Tells a client, when it has logged in, all the host keys there are, and proves that they are ours: so a client learns
// the next one before the last is taken away (PROTOCOL of OpenSSH, section 2.5; UpdateHostKeys of its client).

import type { Connection, ParsedKey } from 'ssh2';
import { type Protocol, protocolOf, sendMessage } from '../transport/ssh2-protocol.ts';
import { decodeStrings, encodeStrings, readString } from '../transport/wire.ts';

const GLOBAL_REQUEST = 80;
const ANNOUNCE = 'hostkeys-00@openssh.com';
const PROVE = 'hostkeys-prove-00@openssh.com';

/**
 * Returns what offers `hostKeys` to a client; to be called before the guard of the connection is put up, as this must not
 * see requests from before the login.
 */
export function offerOf(hostKeys: readonly ParsedKey[]): (client: Connection) => void {
  const keys = new Map(hostKeys.map((key) => [key.getPublicSSH().toString('latin1'), key]));
  const announcement = Buffer.concat([
    globalRequest(ANNOUNCE, false),
    encodeStrings(hostKeys.map((key) => key.getPublicSSH())),
  ]);
  return (client) => offerHostKeys(client, keys, announcement);
}

function offerHostKeys(client: Connection, keys: ReadonlyMap<string, ParsedKey>, announcement: Buffer): void {
  const protocol = protocolOf(client);
  client.once('ready', () => sendMessage(protocol, announcement));

  let isProven = false;
  const handle = protocol._onPayload;
  protocol._onPayload = (payload) => {
    if (payload[0] !== GLOBAL_REQUEST || readString(payload, 1)?.toString('latin1') !== PROVE) return handle(payload);
    // An honest client asks once. Signing costs more than asking.
    const proof = isProven ? undefined : prove(payload, keys, protocol);
    isProven = true;
    if (proof === undefined) protocol.requestFailure();
    else protocol.requestSuccess(proof);
    return undefined;
  };
}

/** A signature by each key that the request names; undefined if one is not ours, or is named twice. */
function prove(request: Buffer, keys: ReadonlyMap<string, ParsedKey>, protocol: Protocol): Buffer | undefined {
  const sessionId = protocol._kex?.sessionID;
  const blobs = decodeStrings(request, globalRequest(PROVE, true).length);
  if (sessionId === undefined || blobs === undefined || blobs.length === 0) return undefined;
  const wanted = new Set(blobs.map((blob) => blob.toString('latin1')));
  if (wanted.size !== blobs.length) return undefined;
  const signatures: Buffer[] = [];
  for (const blob of blobs) {
    const key = keys.get(blob.toString('latin1'));
    if (key === undefined) return undefined;
    signatures.push(sign(key, encodeStrings([PROVE, sessionId, blob]), protocol));
  }
  return encodeStrings(signatures);
}

function sign(key: ParsedKey, data: Buffer, protocol: Protocol): Buffer {
  const algorithm = key.type === 'ssh-rsa' ? rsaAlgorithm(protocol) : key.type;
  const signature = key.sign(data, key.type === 'ssh-rsa' ? algorithm.replace('rsa-sha2-', 'sha') : undefined);
  if (signature instanceof Error) throw signature;
  return encodeStrings([algorithm, key.type.startsWith('ecdsa-') ? sshSignature(signature) : signature]);
}

/** That of the key exchange, if it was one with the RSA key; otherwise the stronger one. Never SHA-1. */
function rsaAlgorithm({ _kex }: Protocol): string {
  return _kex?.negotiated.serverHostKey === 'rsa-sha2-256' ? 'rsa-sha2-256' : 'rsa-sha2-512';
}

/** The two numbers of an ECDSA signature, out of DER (RFC 5656, section 3.1.2). */
function sshSignature(der: Buffer): Buffer {
  // SEQUENCE of two INTEGERs; short lengths, but for P-521, which no host key of ours has.
  const rEnd = 4 + (der[3] ?? 0);
  return encodeStrings([der.subarray(4, rEnd), der.subarray(rEnd + 2)]);
}

function globalRequest(name: string, wantsReply: boolean): Buffer {
  return Buffer.concat([Buffer.from([GLOBAL_REQUEST]), encodeStrings([name]), Buffer.from([wantsReply ? 1 : 0])]);
}
