import test from 'ava';
import type { Contract } from '../../src/cluster/contract.ts';
import { LinkClosedError } from '../../src/cluster/link.ts';
import { FileError } from '../../src/model/error.ts';
import { type Lease, leaseOf } from '../../src/model/lease.ts';
import { until } from '../helpers/until.ts';
import { linkedEnds } from './linked.ts';

interface Shop {
  note(word: string): void;
  price(
    article: string,
    size: { readonly inches: number },
  ): Promise<{ readonly article: string; readonly cents: bigint }>;
  rent(article: string, signal: AbortSignal): Promise<Lease | 'sold out'>;
}

const SHOP: Contract<Shop> = {
  name: 'shop',
  methods: { note: 'tell', price: 'ask', rent: 'lease' },
  errors: [FileError],
};

const never = new AbortController().signal;

/** A shop in which nothing is to be had, but for what a test brings. */
const shopWith = (parts: Partial<Shop>): Shop => ({
  note: () => undefined,
  price: () => Promise.reject(new Error('no price')),
  rent: async () => 'sold out',
  ...parts,
});

test('link: a call at one end is made at the other, with plain data both ways', async (t) => {
  const { here, there } = linkedEnds();
  const prices = {
    cents: 5n,
    // Methods keep their `this`.
    async price(article: string, { inches }: { readonly inches: number }) {
      return { article, cents: this.cents * BigInt(inches) };
    },
  };
  there.share(SHOP, { ...shopWith({}), ...prices });
  t.deepEqual(await here.remote(SHOP).price('rope', { inches: 3 }), { article: 'rope', cents: 15n });
});

test('link: calls begin in the order they were made, those that nobody waits for too', async (t) => {
  const { here, there } = linkedEnds();
  const heard: string[] = [];
  there.share(
    SHOP,
    shopWith({
      note: (word) => void heard.push(word),
      price: async (article) => {
        heard.push(article);
        return { article, cents: 1n };
      },
    }),
  );
  const shop = here.remote(SHOP);
  shop.note('one');
  const two = shop.price('two', { inches: 1 });
  shop.note('three');
  await Promise.all([two, shop.price('four', { inches: 1 })]);
  t.deepEqual(heard, ['one', 'two', 'three', 'four']);
});

test('link: an error arrives with its class, code, cause and what it says', async (t) => {
  const { here, there } = linkedEnds();
  const cause = Object.assign(new Error('no room'), { code: 'ENOSPC', errno: -28 });
  there.share(
    SHOP,
    shopWith({ price: () => Promise.reject(new FileError('no-space', { path: '/a', detail: 'of 5 GB', cause })) }),
  );
  const error = await t.throwsAsync(here.remote(SHOP).price('rope', { inches: 3 }), { instanceOf: FileError });
  t.like(error, {
    name: 'FileError',
    code: 'no-space',
    path: '/a',
    detail: 'of 5 GB',
    message: 'No space left on device: of 5 GB',
    cause: { message: 'no room', code: 'ENOSPC', errno: -28 },
  });
  t.regex(error?.stack ?? '', /link\.test/);
});

test('link: what is no error, and what can’t be carried, arrives as an error', async (t) => {
  const { here, there } = linkedEnds();
  there.share(SHOP, shopWith({ price: () => Promise.reject('just words') }));
  await t.throwsAsync(here.remote(SHOP).price('rope', { inches: 3 }), { message: /just words/ });
  there.share(SHOP, shopWith({ price: async () => ({ article: 'rope', cents: (() => 1n) as unknown as bigint }) }));
  await t.throwsAsync(here.remote(SHOP).price('rope', { inches: 3 }), { message: /could not be cloned/ });
  await t.throwsAsync(here.remote(SHOP).price((() => 'rope') as unknown as string, { inches: 3 }), {
    message: /could not be cloned/,
  });
});

test('link: what is not shared, or is no method of the contract, can’t be called', async (t) => {
  const { here, there } = linkedEnds();
  await t.throwsAsync(here.remote(SHOP).price('rope', { inches: 3 }), { message: /shares no shop\.price/ });
  there.share(SHOP, shopWith({}));
  const other: Contract<{ toString(): Promise<string> }> = { name: 'shop', methods: { toString: 'ask' } };
  await t.throwsAsync(here.remote(other).toString(), { message: /shares no shop\.toString/ });
});

test('link: a lease is given back where it was taken, once, or plain data comes in its place', async (t) => {
  const { here, there } = linkedEnds();
  let stock = 1;
  let returned = 0;
  there.share(
    SHOP,
    shopWith({
      rent: async () => {
        if (stock === 0) return 'sold out';
        stock -= 1;
        return leaseOf(() => {
          stock += 1;
          returned += 1;
        });
      },
    }),
  );
  const shop = here.remote(SHOP);
  const lease = await shop.rent('boat', never);
  t.is(await shop.rent('boat', never), 'sold out');
  if (lease === 'sold out') return t.fail();
  lease.release();
  lease.release();
  t.not(await shop.rent('boat', never), 'sold out');
  t.is(returned, 1);
});

test('link: aborting the signal of a call aborts the one that its method was given', async (t) => {
  const { here, there } = linkedEnds();
  const waiting: AbortSignal[] = [];
  there.share(
    SHOP,
    shopWith({
      rent: (_article, signal) =>
        new Promise((resolve) => {
          waiting.push(signal);
          signal.addEventListener('abort', () => resolve('sold out'));
        }),
    }),
  );
  const shop = here.remote(SHOP);
  const [one, other] = [new AbortController(), new AbortController()];
  const answers = [shop.rent('boat', one.signal), shop.rent('boat', other.signal)];
  await until(() => waiting.length === 2);
  other.abort();
  t.is(await answers[1], 'sold out');
  t.deepEqual(
    waiting.map(({ aborted }) => aborted),
    [false, true],
  );
  t.is(await shop.rent('boat', AbortSignal.abort()), 'sold out');
  one.abort();
  t.is(await answers[0], 'sold out');
});

test('link: when an end is gone, what it held is given back and what it was asked fails', async (t) => {
  const { here, there, cut } = linkedEnds();
  const rented = new Set<string>();
  let isAborted = false;
  there.share(
    SHOP,
    shopWith({
      rent: async (article) => {
        rented.add(article);
        return leaseOf(() => rented.delete(article));
      },
    }),
  );
  const slow: Contract<{ wait(signal: AbortSignal): Promise<number> }> = { name: 'slow', methods: { wait: 'ask' } };
  there.share(slow, {
    wait: (signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          isAborted = true;
        });
      }),
  });
  const shop = here.remote(SHOP);
  await shop.rent('boat', never);
  const lease = await shop.rent('oars', never);
  if (lease !== 'sold out') lease.release();
  await until(() => !rented.has('oars'));
  const answer = here.remote(slow).wait(never);
  await shop.rent('anchor', never);
  t.deepEqual([...rented], ['boat', 'anchor']);
  cut();
  t.deepEqual([...rented], []);
  t.true(isAborted);
  await t.throwsAsync(answer, { instanceOf: LinkClosedError });
  await t.throwsAsync(shop.rent('boat', never), { instanceOf: LinkClosedError });
  t.notThrows(() => shop.note('too late'));
});

test('link: a lease that is granted when its taker is gone is given back at once', async (t) => {
  const { here, there, cut } = linkedEnds();
  let grant: (lease: Lease) => void = () => undefined;
  let isAsked = false;
  there.share(
    SHOP,
    shopWith({
      rent: () =>
        new Promise((resolve) => {
          isAsked = true;
          grant = resolve;
        }),
    }),
  );
  const answer = here.remote(SHOP).rent('boat', never);
  await until(() => isAsked);
  cut();
  await t.throwsAsync(answer, { instanceOf: LinkClosedError });
  await new Promise<void>((resolve) => grant(leaseOf(resolve)));
  t.pass();
});
