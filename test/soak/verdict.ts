// What a soak must show, in one place for the test and the long run. Pure.

import type { Sample } from './sampler.ts';
import type { SoakResult } from './soak.ts';

/**
 * Memory that may come on top from the middle third of a run to the last one, at rest and after a collection: V8 goes on
 * compiling what is hot, some 0.3 MiB. In the bounded run 20 KB kept of each SFTP session were seen to be twice as much.
 */
const ALLOWANCE_BYTES = 2 ** 20;

/** JavaScript's objects and the buffers they hold. */
export function heldBytes({ heapUsedBytes, arrayBuffersBytes }: Sample): number {
  return heapUsedBytes + arrayBuffersBytes;
}

/** What is not as it must be; empty when all is well. */
export function complaintsOf({ before, points, after, tally, loggedErrors }: SoakResult): string[] {
  const complaints: string[] = [];
  if (tally.faults > 0) complaints.push(`${tally.faults} faults: ${tally.faultTexts.join('; ')}`);
  if (loggedErrors > 0) complaints.push(`${loggedErrors} errors in the server's log`);
  for (const { operations, atRest } of [...points, { operations: 'all', atRest: after }]) {
    const { descriptors, homeDescriptors, liveConnections } = atRest;
    const at = `after ${operations} operations`;
    if (descriptors > before.descriptors)
      complaints.push(`${at}: ${descriptors} descriptors, ${before.descriptors} before`);
    if (homeDescriptors > 0) complaints.push(`${at}: ${homeDescriptors} files or folders of users are open`);
    if (liveConnections > 0) complaints.push(`${at}: ${liveConnections} connections are alive`);
  }
  const held = points.map(({ atRest }) => heldBytes(atRest));
  const third = Math.floor(held.length / 3);
  // The least of each third: what is held, and not what happens to be on its way.
  const middle = Math.min(...held.slice(third, -third));
  const last = Math.min(...held.slice(-third));
  if (last > middle + ALLOWANCE_BYTES) complaints.push(`heap and buffers grew from ${middle} to ${last} bytes`);
  return complaints;
}
