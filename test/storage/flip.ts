// Runs in a worker thread: as fast as it can, swaps a folder and a file of a home with links that lead out of it.

import { renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';

/** What the worker is told: it counts its swaps in `flips`, and ends when `stop` is no longer 0. */
export interface FlipOrder {
  readonly home: string;
  readonly outside: string;
  /** The same, told from within `home`. */
  readonly toOutside: string;
  readonly flips: Int32Array;
  readonly stop: Int32Array;
}

const { home, outside, toOutside, flips, stop }: FlipOrder = workerData;
const [folder, aside, link] = [join(home, 'swap'), join(home, 'aside'), join(home, 'link')];
const [file, next] = [join(home, 'file'), join(home, 'next')];

for (let turn = 0; Atomics.load(stop, 0) === 0; turn += 1) {
  const target = turn % 2 === 0 ? outside : toOutside;
  symlinkSync(target, link);
  renameSync(folder, aside);
  renameSync(link, folder);
  unlinkSync(folder);
  renameSync(aside, folder);

  symlinkSync(join(target, 'target'), next);
  renameSync(next, file);
  writeFileSync(next, 'inside');
  renameSync(next, file);
  Atomics.add(flips, 0, 1);
}
