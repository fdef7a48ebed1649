// The client's end of an SFTP session over a real connection: requests go out without waiting, replies come as they come.

import type { Client, ClientChannel } from 'ssh2';
import { createFramer } from '../../src/sftp/framer.ts';
import { openSubsystem } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { INIT, packet, u8, u32 } from '../sftp/bytes-of.ts';

export interface Reply {
  readonly type: number;
  readonly id: number;
  /** What follows the id. */
  readonly body: Buffer;
}

export interface SftpPeer {
  readonly channel: ClientChannel;
  /** All replies but VERSION, in the order they came. */
  readonly replies: readonly Reply[];
  /** Sends a request with the next id, which it returns. */
  send(type: number, ...fields: readonly Buffer[]): number;
  /** Sends a request and resolves to its reply. */
  ask(type: number, ...fields: readonly Buffer[]): Promise<Reply>;
  /** Resolves when so many replies have come. */
  has(replies: number): Promise<void>;
  readonly closed: Promise<void>;
}

export async function sftpPeer(client: Client): Promise<SftpPeer> {
  const channel = await openSubsystem(client);
  channel.on('error', () => {});
  const framer = createFramer(1 << 24);
  const replies: Reply[] = [];
  const asked = new Map<number, { answer(reply: Reply): void; fail(error: Error): void }>();
  const greeted = withResolvers();
  let isGreeted = false;
  let isClosed = false;
  let lastId = 0;
  channel.on('data', (chunk: Buffer) => {
    framer.push(chunk);
    for (let reply = framer.next(); reply !== undefined; reply = framer.next()) {
      if (!isGreeted) {
        isGreeted = true;
        greeted.resolve();
        continue;
      }
      const one = { type: reply.readUInt8(0), id: reply.readUInt32BE(1), body: Buffer.from(reply.subarray(5)) };
      replies.push(one);
      asked.get(one.id)?.answer(one);
      asked.delete(one.id);
    }
  });
  const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
  channel.once('close', () => {
    isClosed = true;
    greeted.reject(gone());
    for (const { fail } of asked.values()) fail(gone());
    asked.clear();
  });
  channel.write(INIT);
  await greeted.promise;
  const send = (type: number, ...fields: readonly Buffer[]): number => {
    lastId += 1;
    channel.write(packet(u8(type), u32(lastId), ...fields));
    return lastId;
  };
  return {
    channel,
    replies,
    send,
    ask: (type, ...fields) =>
      new Promise((resolve, reject) => {
        if (isClosed) reject(gone());
        else asked.set(send(type, ...fields), { answer: resolve, fail: reject });
      }),
    has: (count) => until(() => replies.length >= count, 60_000),
    closed,
  };
}

function gone(): Error {
  return new Error('the channel was closed');
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<void>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

/** The code of a STATUS; -1 of any other reply. */
export function statusOf({ type, body }: Reply): number {
  return type === 101 ? body.readUInt32BE(0) : -1;
}
