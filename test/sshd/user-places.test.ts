import test from 'ava';
import { createUserPlaces } from '../../src/sshd/user-places.ts';

test('user places: a user has so many at a time, and others are not concerned', async (t) => {
  const places = createUserPlaces({ maxOf: (user) => (user === 'alice' ? 2 : 1) });
  const burst = await Promise.all(Array.from({ length: 5 }, () => places.enter('alice')));
  t.deepEqual(
    burst.map((place) => place !== undefined),
    [true, true, false, false, false],
  );
  t.truthy(await places.enter('bob'));
  t.is(await places.enter('bob'), undefined);
});

test('user places: one that is given back, however often, is one for another', async (t) => {
  const places = createUserPlaces({ maxOf: () => 1 });
  const place = await places.enter('alice');
  place?.release();
  place?.release();
  t.truthy(await places.enter('alice'));
  t.is(await places.enter('alice'), undefined);
});
