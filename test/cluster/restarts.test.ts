import test from 'ava';
import { Restarts } from '../../src/cluster/restarts.ts';

const HOUR_MS = 3_600_000;

test('restarts: one that lived for long starts again at once, however often', (t) => {
  const restarts = new Restarts();
  for (let times = 0; times < 10; times += 1) t.is(restarts.delayAfter({ livedMs: HOUR_MS }), 0);
});

test('restarts: one that lives for a moment starts again later each time, and never not', (t) => {
  const restarts = new Restarts();
  const delays = Array.from({ length: 12 }, () => restarts.delayAfter({ livedMs: 100 }));
  t.deepEqual(delays, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000, 30000]);
  t.is(restarts.delayAfter({ livedMs: HOUR_MS }), 0);
  t.is(restarts.delayAfter({ livedMs: 100 }), 200);
});

test('restarts: three starts that fail in a row are the last', (t) => {
  const restarts = new Restarts();
  t.deepEqual(
    [undefined, undefined, 100, undefined, undefined, undefined].map((livedMs) => restarts.delayAfter({ livedMs })),
    [200, 400, 800, 1600, 3200, undefined],
  );
});
