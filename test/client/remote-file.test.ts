// Reads and writes of any length, over a handle that takes little at a time.

import test from 'ava';
import { readRange } from '../../src/client/remote-file.ts';
import type { RemoteHandle } from '../../src/client/remote-handle.ts';
import type { Session } from '../../src/client/session.ts';

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

/** Of CONTENT; answers some time later with half of what was asked for at most, and counts what is under way. */
function countingHandle(maxReadBytes: number): { session: Session; handle: RemoteHandle; most: () => number } {
  let underWay = 0;
  let most = 0;
  const readOnce: RemoteHandle['readOnce'] = async (target, at, length, offset) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return CONTENT.subarray(offset, offset + Math.ceil(length / 2)).copy(target, at);
  };
  return {
    session: { maxReadBytes } as Session,
    handle: { path: '/a', readOnce } as unknown as RemoteHandle,
    most: () => most,
  };
}

/*
 * What was wrong: all parts of a read were asked for at once, as many as the server's limit makes of it.
 * How it was reached: `sshome preview -n 67108864` from a server that says that it reads one byte at a time: 67 million
 * requests, and as many promises.
 * What this verifies: no more are under way than a transfer has, and what is read is right, up to the end of the file too.
 */
test('remote file: a server that reads a byte at a time is not asked for all of them at once', async (t) => {
  for (const partBytes of [1, 7, 4096]) {
    const { session, handle, most } = countingHandle(partBytes);
    const target = Buffer.alloc(4000);
    t.is(await readRange(session, handle, target, 100), 4000);
    t.deepEqual(target, CONTENT.subarray(100, 4100));
    t.true(most() <= 64, `${most()}`);

    const beyond = Buffer.alloc(4000);
    t.is(await readRange(session, handle, beyond, 3000), 2000);
    t.deepEqual(beyond.subarray(0, 2000), CONTENT.subarray(3000));
  }
});
