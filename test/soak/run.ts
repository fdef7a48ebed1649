// `npm run test:soak [-- --sessions N --operations N --rounds N --connections N --seed N --out FOLDER]`: the long soak.
// SIGTERM ends it after the round that is under way. Writes soak.json and soak.svg; its exit status is 1 when something went wrong or was not given back.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inRepository } from '../helpers/folder.ts';
import { plotOf } from './plot.ts';
import { type Point, type SoakResult, soak, startSoaked } from './soak.ts';
import { connectionsOf } from './tally.ts';
import { complaintsOf } from './verdict.ts';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '100000' },
    operations: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '50' },
    connections: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: inRepository('build/soak') },
  },
});

function count(name: 'sessions' | 'operations' | 'rounds' | 'connections' | 'seed', least = 1): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < least) {
    console.error(`test:soak: --${name} must be a whole number from ${least} on, not ${JSON.stringify(values[name])}`);
    process.exit(2);
  }
  return number;
}

const options = {
  sessions: count('sessions'),
  operations: count('operations'),
  rounds: count('rounds', 3),
  connections: count('connections'),
  seed: count('seed'),
};

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const ends: Array<() => unknown> = [];
try {
  const t = { teardown: (end: () => unknown): void => void ends.push(end) };
  const soaked = await startSoaked(t);
  console.log(`test:soak: the server is process ${soaked.sampled.pid}`);
  const result = await soak(t, soaked, {
    ...options,
    signal: stop.signal,
    onSample: (point) => console.log(lineOf(point)),
  });
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, 'soak.json'), recordOf(result));
  await writeFile(join(values.out, 'soak.svg'), plotOf(result));
  console.log(JSON.stringify(result.tally, undefined, 1));
  console.log(`connections: ${connectionsOf(result.tally)}; ${Math.round(result.seconds)} s; ${result.machine}`);
  const complaints = complaintsOf(result);
  for (const complaint of complaints) console.error(`test:soak: ${complaint}`);
  console.log(`test:soak: ${complaints.length === 0 ? 'all well' : 'NOT well'}; see ${values.out}`);
  process.exitCode = complaints.length === 0 ? 0 : 1;
} finally {
  for (const end of ends.reverse()) await end();
}

/** JSON with one line for each point. */
function recordOf({ points, ...rest }: SoakResult): string {
  const lines = points.map((point) => `    ${JSON.stringify(point)}`);
  const head = JSON.stringify(rest, undefined, 2).replace(/\n\}$/, '');
  return `${head},\n  "points": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

function lineOf({ operations, sessions, seconds, underLoad, atRest }: Point): string {
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  return [
    `${Math.round(seconds)} s: ${operations} operations, ${sessions} sessions`,
    `under load ${mib(underLoad.rssBytes)} MiB, ${underLoad.descriptors} descriptors, ${underLoad.liveConnections} connections`,
    `at rest ${mib(atRest.rssBytes)} MiB, heap ${mib(atRest.heapUsedBytes)} MiB, ${atRest.descriptors} descriptors`,
  ].join('; ');
}
