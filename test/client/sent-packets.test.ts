// What is sent in kept memory, on a session that sends as much as its window has room for.

import { randomBytes } from 'node:crypto';
import test from 'ava';
import type { SFTPWrapper } from 'ssh2';
import { sendWrite } from '../../src/client/sent-packets.ts';
import { largeBuffers } from '../../src/streams/large-buffers.ts';

const HANDLE = Buffer.from('handle');
const OFFSET = 5 * 2 ** 32 + 7;
const DATA = randomBytes(200_000);
const HEAD_BYTES = 4 + 1 + 4 + 4 + HANDLE.length + 8 + 4;

type Callback = (error?: Error | null) => void;

/** As ssh2's SFTP class keeps what it sends. */
class Session {
  _buffer: Buffer[] = [];
  _waitWindow = false;
  _chunkcb: (() => void) | undefined;
  readonly outgoing: { window: number };
  readonly sent: Buffer[] = [];
  answer: Callback = () => undefined;

  constructor(windowBytes: number) {
    this.outgoing = { window: windowBytes };
  }

  write(handle: Buffer, data: Buffer, at: number, length: number, offset: number, answer: Callback): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(HEAD_BYTES - 4 + length, 0);
    head.writeUInt8(6, 4);
    head.writeUInt32BE(42, 5);
    head.writeUInt32BE(handle.length, 9);
    handle.copy(head, 13);
    head.writeBigUInt64BE(BigInt(offset), 13 + handle.length);
    head.writeUInt32BE(length, 21 + handle.length);
    this.answer = answer;
    this._buffer.push(Buffer.concat([head, data.subarray(at, at + length)]));
    this._waitWindow = true;
    this._chunkcb = () => this.#drain();
  }

  #drain(): void {
    const packet = this._buffer.shift();
    if (packet === undefined) return;
    const bytes = Math.min(packet.length, this.outgoing.window);
    this.outgoing.window -= bytes;
    this.sent.push(Buffer.from(packet.subarray(0, bytes)));
    if (bytes < packet.length) this._buffer.unshift(packet.subarray(bytes));
  }
}

function write(session: Session): { readonly answers: Array<Error | null | undefined> } {
  const answers: Array<Error | null | undefined> = [];
  sendWrite(session as unknown as SFTPWrapper, { id: HANDLE, data: DATA, offset: OFFSET }, (error) =>
    answers.push(error),
  );
  return { answers };
}

test('sent packets: a WRITE is what ssh2 would have made of all the data', (t) => {
  const session = new Session(1_000_000);
  const { answers } = write(session);
  const packet = Buffer.concat(session.sent);
  const head = [packet.readUInt32BE(0), packet[4], packet.readUInt32BE(5), packet.subarray(13, 19).toString()];
  t.deepEqual(head, [packet.length - 4, 6, 42, 'handle']);
  t.is(packet.readBigUInt64BE(19), BigInt(OFFSET));
  t.is(packet.readUInt32BE(27), DATA.length);
  t.true(packet.subarray(HEAD_BYTES).equals(DATA));
  session.answer();
  t.deepEqual(answers, [undefined]);
});

test('sent packets: its memory is used again when it was answered, and not before', (t) => {
  const session = new Session(1_000_000);
  const before = largeBuffers.take(HEAD_BYTES + DATA.length);
  largeBuffers.giveBack(before);
  write(session);
  const meanwhile = largeBuffers.take(DATA.length);
  t.not(meanwhile.buffer, before.buffer);
  session.answer();
  t.is(largeBuffers.take(DATA.length).buffer, before.buffer);
});

test('sent packets: an answer that comes before all was sent leaves the rest as it is', (t) => {
  const session = new Session(100_000);
  const { answers } = write(session);
  session.answer(new Error('no'));
  t.is(answers[0]?.message, 'no');
  for (let times = 0; times < 40; times += 1) largeBuffers.take(DATA.length).fill(0);
  const rest = session._buffer[0] ?? Buffer.alloc(0);
  t.true(rest.equals(DATA.subarray(100_000 - HEAD_BYTES)));
});

test('sent packets: nothing to write is answered at once', (t) => {
  const session = new Session(100_000);
  const answers: unknown[] = [];
  const empty = { id: HANDLE, data: Buffer.alloc(0), offset: 0 };
  sendWrite(session as unknown as SFTPWrapper, empty, (error) => answers.push(error));
  t.deepEqual([answers, session.sent], [[undefined], []]);
});
