import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ProtocolError } from '../../src/sftp/codec/protocol-error.ts';
import { inRepository } from '../helpers/folder.ts';
import { type CorpusHandles, readCorpus } from './corpus.ts';
import { GROUNDS, type Ground, inMemory, type MakeGround } from './fuzz-grounds.ts';
import { idsIn } from './ids-in.ts';

// Inputs that broke servers, or could: played whole, byte by byte, and cut off at every place. Each request is answered
// once, or the session ends with a ProtocolError; nothing stays open.

test.beforeEach((t) => t.timeout(60_000));

const FOLDER = inRepository('test/corpus/sftp');

async function begin(t: ExecutionContext, makeGround: MakeGround, text: string): Promise<[Ground, Buffer]> {
  const ground = await makeGround(t);
  const { client } = ground;
  const handles: CorpusHandles = {
    f: await client.open('/f', 3),
    g: await client.open('/d/g', 1),
    d: await client.openFolder('/'),
  };
  return [ground, readCorpus(text, handles)];
}

/** Resolves to the ids of the replies. */
async function play(t: ExecutionContext, { client, openCount }: Ground, pieces: Iterable<Buffer>): Promise<number[]> {
  const replies = client.rest();
  for (const piece of pieces) client.send(piece);
  client.stream.end();
  const error = await client.served.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.true(error === undefined || error instanceof ProtocolError);
  t.is(openCount(), 0);
  t.deepEqual(client.unexpected, []);
  client.serverStream.end();
  return (await replies).map(({ id }) => id).toSorted((a, b) => a - b);
}

for (const name of readdirSync(FOLDER)) {
  const text = readFileSync(join(FOLDER, name), 'utf8');

  for (const [where, makeGround] of Object.entries(GROUNDS)) {
    test.serial(`corpus, ${where}: ${name}`, async (t) => {
      const [ground, bytes] = await begin(t, makeGround, text);
      const ids = await play(t, ground, [bytes]);
      t.deepEqual(ids, idsIn(bytes));
    });
  }

  test.serial(`corpus: ${name} byte by byte, and cut off anywhere`, async (t) => {
    const [whole, bytes] = await begin(t, inMemory, text);
    const ids = await play(
      t,
      whole,
      Array.from(bytes, (byte) => Buffer.from([byte])),
    );
    t.deepEqual(ids, idsIn(bytes));
    for (let length = 0; length < bytes.length; length += 1) {
      const [ground, again] = await begin(t, inMemory, text);
      const cut = again.subarray(0, length);
      const played = await play(t, ground, [cut]);
      t.deepEqual(played, idsIn(cut), `cut off at ${length}`);
    }
  });
}
