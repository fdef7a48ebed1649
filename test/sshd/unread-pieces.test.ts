import { Duplex } from 'node:stream';
import test from 'ava';
import { joinUnreadPieces } from '../../src/sshd/unread-pieces.ts';

function idle(): Duplex {
  return new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(), highWaterMark: 2 * 1024 * 1024 });
}

/** What is read in one piece of a channel that got 5000 bytes one by one. */
function pushOneByOne(channel: Duplex): Buffer {
  const pieces = joinUnreadPieces();
  const sent = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
  for (const byte of sent) {
    channel.push(Buffer.of(byte));
    pieces.received(channel);
  }
  return sent;
}

test('unread pieces: what nobody has asked for is all there, in its order', (t) => {
  const channel = idle();
  const sent = pushOneByOne(channel);
  t.is(channel.readableLength, sent.length);
  t.true(sent.equals(channel.read()));
});

test('unread pieces: a reader that is paused gets fewer and all of it, and nothing before it goes on', async (t) => {
  const channel = idle();
  const got: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => got.push(chunk)).pause();
  const sent = pushOneByOne(channel);
  t.is(got.length, 0);
  channel.push(null);
  const ended = new Promise((resolve) => channel.once('end', resolve));
  channel.resume();
  await ended;
  t.true(Buffer.concat(got).equals(sent));
  t.true(got.length < 2500, String(got.length));
});
