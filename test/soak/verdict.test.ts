import test from 'ava';
import { plotOf } from './plot.ts';
import type { Sample } from './sampler.ts';
import type { SoakResult } from './soak.ts';
import { emptyTally } from './tally.ts';
import { complaintsOf } from './verdict.ts';

const AT_REST: Sample = {
  heapUsedBytes: 16e6,
  arrayBuffersBytes: 1e6,
  processorUs: 0,
  workerThreads: 2,
  rssBytes: 140e6,
  descriptors: 30,
  homeDescriptors: 0,
  liveConnections: 0,
};

/** A run of nine rounds; `changed` says what is other at rest after each. */
function resultOf(changed: (round: number) => Partial<Sample> = () => ({})): SoakResult {
  return {
    options: { sessions: 9, operations: 90, rounds: 9, connections: 1, seed: 1 },
    machine: '2 x <processor>',
    seconds: 9,
    before: AT_REST,
    points: Array.from({ length: 9 }, (_, index) => ({
      operations: 10 * (index + 1),
      sessions: index + 1,
      seconds: index + 1,
      underLoad: { ...AT_REST, descriptors: 70, liveConnections: 1 },
      atRest: { ...AT_REST, ...changed(index + 1) },
    })),
    after: AT_REST,
    tally: emptyTally(),
    loggedErrors: 0,
  };
}

test('verdict: a run that gives everything back has no complaints', (t) => {
  t.deepEqual(complaintsOf(resultOf()), []);
});

test('verdict: memory that grows with every round is told, memory that is high once is not', (t) => {
  const grows = complaintsOf(resultOf((round) => ({ heapUsedBytes: 16e6 + round * 1e6 })));
  t.deepEqual(grows, ['heap and buffers grew from 21000000 to 24000000 bytes']);
  t.deepEqual(complaintsOf(resultOf((round) => ({ heapUsedBytes: round === 8 ? 40e6 : 16e6 }))), []);
  t.is(complaintsOf(resultOf((round) => ({ arrayBuffersBytes: round * 1e6 }))).length, 1, 'buffers count');
});

test('verdict: what is still open at rest, faults and logged errors are told', (t) => {
  t.deepEqual(complaintsOf(resultOf((round) => (round === 2 ? { descriptors: 31 } : {}))), [
    'after 20 operations: 31 descriptors, 30 before',
  ]);
  t.deepEqual(complaintsOf(resultOf((round) => (round === 9 ? { homeDescriptors: 1, liveConnections: 2 } : {}))), [
    'after 90 operations: 1 files or folders of users are open',
    'after 90 operations: 2 connections are alive',
  ]);
  const tally = { ...emptyTally(), faults: 1, faultTexts: ['put: status 4'] };
  t.deepEqual(complaintsOf({ ...resultOf(), tally, loggedErrors: 1 }), [
    '1 faults: put: status 4',
    "1 errors in the server's log",
  ]);
});

test('plot: lines stay inside the picture, axes have units, text is escaped', (t) => {
  const svg = plotOf(resultOf());
  const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  const corners = [...svg.matchAll(/points="([^"]+)"/g)].flatMap(([, list = '']) => list.split(' '));
  t.is(corners.length, 4 * 10 + 2 * 9);
  for (const corner of corners) {
    const [x = Number.NaN, y = Number.NaN] = corner.split(',').map(Number);
    t.true(x >= 0 && x <= Number(width) && y >= 0 && y <= Number(height), corner);
  }
  for (const label of ['memory (MiB)', 'open (count)', '>operations<', '2 x &lt;processor&gt;'])
    t.true(svg.includes(label));
});
