// A whole SFTP session over files in memory, fed by a client that may send anything.

import { EXTENSIONS } from '../../../src/sftp/codec/extensions.ts';
import { ProtocolError } from '../../../src/sftp/codec/protocol-error.ts';
import { INIT } from '../../sftp/bytes-of.ts';
import { inMemory } from '../../sftp/fuzz-grounds.ts';
import { idsIn } from '../../sftp/ids-in.ts';
import { SFTP_REQUESTS, STAND_INS } from '../sftp-requests.ts';
import { holds, pure, type Target } from '../target.ts';
import { withTeardown } from '../teardown.ts';

const REPLY_TYPES = [101, 102, 103, 104, 105, 201];

export const sftpSession: Target = {
  name: 'sftp-session',
  invariant:
    'each request up to the first that has no id is answered once, with its id; the session ends cleanly or with a ProtocolError, nothing is left open, and nothing unforeseen is logged',
  covers: ['/src/sftp/'],
  dictionary: [...EXTENSIONS.map(({ name }) => name), ...Object.values(STAND_INS), ...SFTP_REQUESTS, INIT],
  seeds: [...SFTP_REQUESTS, Buffer.concat(SFTP_REQUESTS)],
  maxBytes: 4096,
  begin: pure((input) =>
    withTeardown(async (t) => {
      const { client, openCount } = await inMemory(t);
      const real = [await client.open('/f', 3), await client.open('/d/g', 3), await client.openFolder('/')];
      const bytes = exchanged(
        input,
        real.map((field) => field.subarray(4)),
      );
      const replies = client.rest();
      client.send(bytes);
      client.stream.end();
      const error = await client.served.catch((reason: unknown) => reason);
      holds(error === undefined || error instanceof ProtocolError, `the session ended with ${String(error)}`);
      holds(openCount() === 0, `${openCount()} are left open`);
      if (client.unexpected.length > 0) throw client.unexpected[0];
      client.serverStream.end();
      const got = await replies;
      holds(
        got.every(({ type }) => REPLY_TYPES.includes(type)),
        'a reply of an unknown type',
      );
      const answered = got.map(({ id }) => id).toSorted((a, b) => a - b);
      const asked = idsIn(bytes).toSorted((a, b) => a - b);
      holds(answered.join() === asked.join(), `${asked} were asked, ${answered} answered`);
    }),
  ),
};

/** The input with real handles in the places of the stand-ins. */
function exchanged(input: Buffer, handles: readonly Buffer[]): Buffer {
  for (const [index, standIn] of Object.values(STAND_INS).entries()) {
    for (let at = input.indexOf(standIn); at >= 0; at = input.indexOf(standIn)) handles[index]?.copy(input, at);
  }
  return input;
}
