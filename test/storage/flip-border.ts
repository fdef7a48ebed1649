// Runs in a worker thread: as fast as it can, swaps two folders of a home, `swap` with a link into a mount, and `shared`,
// which stands above the mount, with a link to another folder of the home.

import { lstatSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { FlipOrder } from './flip.ts';

const { home, flips, stop }: FlipOrder = workerData;
const link = join(home, 'link');
/** Each stands for about as long as a walk takes. */
const LOOKS = 30;

function flip(name: string, target: string): void {
  const [folder, aside] = [join(home, name), join(home, `aside-${name}`)];
  symlinkSync(target, link);
  renameSync(folder, aside);
  renameSync(link, folder);
  for (let look = 0; look < LOOKS; look += 1) lstatSync(folder);
  unlinkSync(folder);
  renameSync(aside, folder);
  for (let look = 0; look < LOOKS; look += 1) lstatSync(folder);
}

for (let turn = 0; Atomics.load(stop, 0) === 0; turn += 1) {
  flip('swap', turn % 2 === 0 ? '/shared/design' : 'elsewhere/.././shared/design/.');
  flip('shared', 'elsewhere');
  Atomics.add(flips, 0, 1);
}
