import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { EXTENSIONS } from '../../src/sftp/codec/extensions.ts';
import { ProtocolError } from '../../src/sftp/codec/protocol-error.ts';
import { INIT, packet, str, u8, u32, u64 } from './bytes-of.ts';
import { GROUNDS, type Ground, inMemory } from './fuzz-grounds.ts';

// Whatever arrives: each request is answered once, with its id and a reply of a known type, or the session ends with a
// ProtocolError; nothing stays open, and nothing happens that nobody foresaw. What was once found stands in
// test/corpus/sftp, and is played in corpus.test.ts.

test.beforeEach((t) => t.timeout(60_000));

/** A failure is told as it is found: shrinking it would take minutes. */
const runs = (numRuns: number): { numRuns: number; endOnFailure: boolean } => ({ numRuns, endOnFailure: true });

const REPLY_TYPES = [101, 102, 103, 104, 105, 201];
const paths = fc.constantFrom('/', '', '.', '/f', 'd', '/d/g', 'd/../f', '/l', '/none/x', '/\u0000', 'x'.repeat(300));
const sizes = fc.constantFrom(0, 1, 5, 4096, 261120, 0x7fffffff, 0x80000000, 0xffffffff);
// Nothing between 4096 and 2^53: a file that is made so long, which some disks allow, would take for ever to copy.
const wides = fc.constantFrom(0n, 1n, 3n, 4096n, 2n ** 53n, 2n ** 53n + 2n, 2n ** 63n, 2n ** 64n - 1n);

const attributes = fc
  .tuple(fc.constantFrom(0, 1, 2, 4, 8, 15, 0x80000000, 0xffffffff), wides, sizes, fc.uint8Array({ maxLength: 40 }))
  .map(([flags, size, number, rest]) =>
    Buffer.concat([u32(flags), ...(flags & 1 ? [u64(size)] : []), u32(number), u32(number), u32(number), rest]),
  );

/** A request as it should be, of any kind. `handles` stand in the place of handles. */
function requests(handles: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const handle = fc.constantFrom(...handles, str('nonsense'), str(''));
  const path = paths.map((text) => str(text));
  const algorithms = fc.constantFrom('md5', 'sha256', 'crc32,sha512', '', ',').map((text) => str(text));
  const hashed = fc.oneof(
    fc.tuple(fc.constant(str('check-file-name')), path),
    fc.tuple(
      fc.constantFrom('check-file', 'check-file-handle').map((name) => str(name)),
      handle,
    ),
  );
  const fields = fc.oneof(
    fc.tuple(fc.constant(3), path, fc.nat(0x3f), attributes).map(([type, a, b, c]) => [u8(type), a, u32(b), c]),
    fc.tuple(fc.constantFrom(4, 8, 12), handle).map(([type, a]) => [u8(type), a]),
    fc.tuple(handle, wides, sizes).map(([a, b, c]) => [u8(5), a, u64(b), u32(c)]),
    fc.tuple(handle, wides, fc.uint8Array({ maxLength: 50 })).map(([a, b, c]) => [u8(6), a, u64(b), str(c)]),
    fc.tuple(fc.constantFrom(7, 11, 13, 15, 16, 17, 19), path).map(([type, a]) => [u8(type), a]),
    fc.tuple(fc.constantFrom(9, 14), path, attributes).map(([type, a, b]) => [u8(type), a, b]),
    fc.tuple(handle, attributes).map(([a, b]) => [u8(10), a, b]),
    fc.tuple(fc.constantFrom(18, 20), path, path).map(([type, a, b]) => [u8(type), a, b]),
    fc.tuple(handle, wides, wides, handle, wides).map(([a, b, c, d, e]) => {
      return [u8(200), str('copy-data'), a, u64(b), u64(c), d, u64(e)];
    }),
    fc
      .tuple(hashed, algorithms, wides, wides, fc.oneof(sizes, fc.constantFrom(255, 256)))
      .map(([[name, file], a, b, c, d]) => [u8(200), name, file, a, u64(b), u64(c), u32(d)]),
    fc
      .tuple(
        fc.constantFrom(...EXTENSIONS.map(({ name }) => name), 'unknown@example.com'),
        fc.array(fc.oneof(path, handle, wides.map(u64), attributes), { maxLength: 5 }),
      )
      .map(([name, rest]) => [u8(200), str(name), ...rest]),
  );
  return fields.map(([type, ...rest]) => Buffer.concat([type ?? u8(0), u32(0), ...rest]));
}

type Mutate = (body: Buffer) => Buffer;

/** Something a client should not send, made of what it should; the type and the place of the id stay. */
const mutations: fc.Arbitrary<Mutate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant((body: Buffer) => body) },
  { weight: 2, arbitrary: fc.nat(60).map((length) => (body: Buffer) => body.subarray(0, Math.max(5, length))) },
  { weight: 2, arbitrary: fc.tuple(fc.nat(100), fc.nat(255)).map(([at, byte]) => changed(at, u8(byte))) },
  { weight: 2, arbitrary: fc.tuple(fc.nat(100), sizes).map(([at, length]) => changed(at, u32(length))) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 20 }).map((rest) => (body: Buffer) => Buffer.concat([body, rest])),
  },
);

function changed(at: number, bytes: Buffer): Mutate {
  return (body) => {
    const copy = Buffer.from(body);
    bytes.copy(copy, 5 + at);
    return copy;
  };
}

function withId(body: Buffer, id: number): Buffer {
  const numbered = Buffer.from(body);
  numbered.writeUInt32BE(id, 1);
  return packet(numbered);
}

async function openedHandles({ client }: Ground): Promise<Buffer[]> {
  return [await client.open('/f', 3), await client.open('/d/g', 1), await client.openFolder('/')];
}

const plans = fc.array(mutations, { minLength: 1, maxLength: 40 });

/** Sends `bytes` in the pieces that `cuts` make of it. */
function sendInPieces({ client }: Ground, bytes: Buffer, cuts: readonly number[]): void {
  let from = 0;
  for (const cut of cuts.toSorted((a, b) => a - b)) {
    const to = Math.min(cut, bytes.length);
    client.send(Buffer.from(bytes.subarray(from, to)));
    from = to;
  }
  client.send(bytes.subarray(from));
}

for (const [where, makeGround] of Object.entries(GROUNDS)) {
  const numRuns = where === 'in memory' ? 300 : 60;

  test.serial(`fuzz, ${where}: requests of every kind, whole and mangled, are each answered once`, async (t) => {
    await fc.assert(
      fc.asyncProperty(plans, fc.array(fc.nat(2000), { maxLength: 10 }), fc.gen(), async (plan, cuts, gen) => {
        const ground = await makeGround(t);
        const arbitrary = requests(await openedHandles(ground));
        const bodies = plan.map((mutate) => mutate(gen(() => arbitrary)));
        sendInPieces(ground, Buffer.concat(bodies.map(withId)), cuts);
        const ids = new Set<number>();
        for (const _ of bodies) {
          const reply = await ground.client.next();
          t.true(REPLY_TYPES.includes(reply.type));
          ids.add(reply.id);
        }
        t.is(ids.size, bodies.length);
        t.true([...ids].every((id) => id < bodies.length));
        await ground.client.end();
        endedWell(t, ground);
      }),
      runs(numRuns),
    );
  });

  test.serial(`fuzz, ${where}: a client that is gone in the midst of its requests leaves nothing behind`, async (t) => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(30), fc.gen(), async (plan, answers, gen) => {
        const ground = await makeGround(t);
        const { client } = ground;
        const arbitrary = requests(await openedHandles(ground));
        client.send(Buffer.concat(plan.map((mutate, id) => withId(mutate(gen(() => arbitrary)), id))));
        for (let answered = 0; answered < Math.min(answers, plan.length); answered += 1) await client.next();
        client.abort();
        await client.served;
        endedWell(t, ground);
      }),
      runs(numRuns / 2),
    );
  });
}

test.serial('fuzz: any bytes at all end in answers or in a clean end', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }),
      fc.boolean(),
      async (chunks, greet) => {
        const ground = await inMemory(t, false);
        if (greet) ground.client.send(INIT);
        await endsCleanly(t, ground, Buffer.concat(chunks), []);
      },
    ),
    runs(300),
  );
});

test.serial('fuzz: a stream of requests with a byte, a length or a piece wrong somewhere ends cleanly', async (t) => {
  const streams = fc.tuple(plans, fc.nat(2000), fc.oneof(sizes.map(u32), fc.nat(255).map(u8)), fc.nat(3));
  await fc.assert(
    fc.asyncProperty(streams, fc.gen(), async ([plan, at, wrong, cut], gen) => {
      const ground = await inMemory(t);
      const arbitrary = requests(await openedHandles(ground));
      const stream = Buffer.concat(plan.map((mutate, id) => withId(mutate(gen(() => arbitrary)), id)));
      const place = at % stream.length;
      wrong.copy(stream, place);
      await endsCleanly(t, ground, Buffer.concat([stream.subarray(0, place), stream.subarray(place + cut)]), [at]);
    }),
    runs(300),
  );
});

async function endsCleanly(t: ExecutionContext, ground: Ground, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const { client } = ground;
  const replies = client.rest();
  sendInPieces(ground, bytes, cuts);
  client.stream.end();
  const outcome = await client.served.then(
    () => undefined,
    (error: unknown) => error,
  );
  t.true(outcome === undefined || outcome instanceof ProtocolError);
  endedWell(t, ground);
  client.serverStream.end();
  t.true((await replies).every(({ type }) => type === 2 || REPLY_TYPES.includes(type)));
}

function endedWell(t: ExecutionContext, { client, openCount }: Ground): void {
  t.is(openCount(), 0);
  t.deepEqual(client.unexpected, []);
}
