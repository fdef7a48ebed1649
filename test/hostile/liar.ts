// ssh2's client as the tool of an attacker: its encryption is used, its manners are not.

import type { Socket } from 'node:net';
import type { Client } from 'ssh2';
import { until } from '../helpers/until.ts';

interface Insides {
  readonly _sock: Socket;
  readonly _protocol: {
    /** Makes a packet, with room for the message from its fifth byte on, and sends it at once. */
    readonly _cipher: { allocPacket(messageBytes: number): Buffer; encrypt(packet: Buffer): void };
    readonly _decipher: { _onPayload: (payload: Buffer) => unknown };
    _onPayload: (payload: Buffer) => unknown;
    session(channel: number, windowBytes: number, maxPacketBytes: number): void;
  };
}

const insides = (client: Client): Insides => client as unknown as Insides;

/** Sends a message, type byte first, whatever the client thinks of it. */
export function say(client: Client, message: Buffer): void {
  const { _cipher: cipher } = insides(client)._protocol;
  const packet = cipher.allocPacket(message.length);
  packet.set(message, 5);
  cipher.encrypt(packet);
}

export function socketOf(client: Client): Socket {
  return insides(client)._sock;
}

/** From here on channels are opened with this window: 4 GiB less one, unless told. */
export function grantWindow(client: Client, windowBytes: number = 2 ** 32 - 1): void {
  const protocol = insides(client)._protocol;
  const open = protocol.session.bind(protocol);
  protocol.session = (channel, _windowBytes, maxPacketBytes) => open(channel, windowBytes, maxPacketBytes);
}

/** Takes all messages from here on away from the client; they are shown to `hear`. */
export function listen(client: Client, hear: (message: Buffer) => void): void {
  const { _protocol: protocol } = insides(client);
  const take = (payload: Buffer): undefined => {
    hear(Buffer.from(payload));
  };
  protocol._onPayload = take;
  protocol._decipher._onPayload = take;
}

/** Waits until the server takes no more of what was sent: all of it has left, or it stands still, or it is closed. */
export async function pressed(socket: Socket): Promise<'taken' | 'held' | 'closed'> {
  let left = socket.writableLength;
  let still = 0;
  await until(() => {
    still = socket.writableLength === left ? still + 1 : 0;
    left = socket.writableLength;
    return socket.closed || left === 0 || still > 25;
  }, 60_000);
  if (socket.closed) return 'closed';
  return left === 0 ? 'taken' : 'held';
}
