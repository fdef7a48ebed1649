import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { EXTENSIONS } from '../../src/sftp/codec/extensions.ts';
import { ProtocolError } from '../../src/sftp/codec/protocol-error.ts';
import { INIT, packet, str, u8, u32, u64 } from './bytes-of.ts';
import { connect } from './raw-client.ts';

// Whatever arrives: each request is answered once, with its id and a reply of a known type, or the session ends with a
// ProtocolError; nothing stays open, and nothing happens that nobody foresaw.

test.beforeEach((t) => t.timeout(60_000));

// A failure is told as it is found: shrinking it would take minutes.
const RUNS = { numRuns: 300, endOnFailure: true };

const REPLY_TYPES = [101, 102, 103, 104, 105, 201];
const paths = fc.constantFrom('/', '', '.', '/f', 'd', '/d/g', 'd/../f', '/l', '/none/x', '/\u0000', 'x'.repeat(300));
const sizes = fc.constantFrom(0, 1, 5, 4096, 261120, 0x7fffffff, 0x80000000, 0xffffffff);
const wides = fc.constantFrom(0n, 1n, 3n, 4096n, 2n ** 53n - 1n, 2n ** 53n + 2n, 2n ** 63n, 2n ** 64n - 1n);

const attributes = fc
  .tuple(fc.constantFrom(0, 1, 2, 4, 8, 15, 0x80000000, 0xffffffff), wides, sizes, fc.uint8Array({ maxLength: 40 }))
  .map(([flags, size, number, rest]) =>
    Buffer.concat([u32(flags), ...(flags & 1 ? [u64(size)] : []), u32(number), u32(number), u32(number), rest]),
  );

/** A request as it should be, of any kind. `handle` stands in the place of handles. */
function requests(handles: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const handle = fc.constantFrom(...handles, str('nonsense'), str(''));
  const path = paths.map((text) => str(text));
  const fields = fc.oneof(
    fc.tuple(fc.constant(3), path, fc.nat(0x3f), attributes).map(([type, a, b, c]) => [u8(type), a, u32(b), c]),
    fc.tuple(fc.constantFrom(4, 8, 12), handle).map(([type, a]) => [u8(type), a]),
    fc.tuple(handle, wides, sizes).map(([a, b, c]) => [u8(5), a, u64(b), u32(c)]),
    fc.tuple(handle, wides, fc.uint8Array({ maxLength: 50 })).map(([a, b, c]) => [u8(6), a, u64(b), str(c)]),
    fc.tuple(fc.constantFrom(7, 11, 13, 15, 16, 17, 19), path).map(([type, a]) => [u8(type), a]),
    fc.tuple(fc.constantFrom(9, 14), path, attributes).map(([type, a, b]) => [u8(type), a, b]),
    fc.tuple(handle, attributes).map(([a, b]) => [u8(10), a, b]),
    fc.tuple(fc.constantFrom(18, 20), path, path).map(([type, a, b]) => [u8(type), a, b]),
    fc
      .tuple(
        fc.constantFrom(...EXTENSIONS.map(({ name }) => name), 'unknown@example.com'),
        fc.array(fc.oneof(path, handle, wides.map(u64), attributes), { maxLength: 5 }),
      )
      .map(([name, rest]) => [u8(200), str(name), ...rest]),
  );
  return fields.map(([type, ...rest]) => Buffer.concat([type ?? u8(0), u32(0), ...rest]));
}

/** Something a client should not send, made of what it should. */
const mutations = fc.oneof(
  { weight: 3, arbitrary: fc.constant((body: Buffer) => body) },
  { weight: 2, arbitrary: fc.nat(60).map((length) => (body: Buffer) => body.subarray(0, Math.max(5, length))) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(100), fc.nat(255)).map(([at, byte]) => (body: Buffer) => {
      const changed = Buffer.from(body);
      const place = 5 + at;
      if (place < changed.length) changed.writeUInt8(byte, place);
      return changed;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 20 }).map((rest) => (body: Buffer) => Buffer.concat([body, rest])),
  },
);

function withId(body: Buffer, id: number): Buffer {
  const numbered = Buffer.from(body);
  numbered.writeUInt32BE(id, 1);
  return packet(numbered);
}

test('fuzz: requests of every kind, whole and mangled, are each answered once', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), mutations), { minLength: 1, maxLength: 40 }),
      fc.gen(),
      async (plan, gen) => {
        const client = await filled(t);
        const handles = [await client.open('/f', 3), await client.open('/d/g', 1), await client.openFolder('/')];
        const arbitrary = requests(handles);
        const bodies = plan.map(([, mutate]) => mutate(gen(() => arbitrary)));
        client.send(Buffer.concat(bodies.map(withId)));
        const ids = new Set<number>();
        for (const _ of bodies) {
          const reply = await client.next();
          t.true(REPLY_TYPES.includes(reply.type));
          ids.add(reply.id);
        }
        t.is(ids.size, bodies.length);
        t.true([...ids].every((id) => id < bodies.length));
        await client.end();
        t.is(client.files.openCount(), 0);
        t.deepEqual(client.unexpected, []);
      },
    ),
    RUNS,
  );
});

test('fuzz: any bytes at all end in answers or in a clean end', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }),
      fc.boolean(),
      async (chunks, greet) => {
        const client = await filled(t, false);
        client.stream.resume();
        if (greet) client.send(INIT);
        for (const chunk of chunks) client.send(Buffer.from(chunk));
        client.stream.end();
        const outcome = await client.served.then(
          () => undefined,
          (error: unknown) => error,
        );
        t.true(outcome === undefined || outcome instanceof ProtocolError);
        t.is(client.files.openCount(), 0);
        t.deepEqual(client.unexpected, []);
      },
    ),
    RUNS,
  );
});

async function filled(t: ExecutionContext, greet = true): ReturnType<typeof connect> {
  const client = await connect(t, { greet });
  client.files.put('/f', 'content of f');
  client.files.putFolder('/d');
  client.files.put('/d/g', 'g');
  return client;
}
