// One measured piece of work: its time, and what the server spent on it.

import { cpuSecondsOf, pssBytesOf } from './process-tree.ts';

export interface Sample {
  readonly seconds: number;
  /** Of the server's whole process tree. */
  readonly cpuSeconds: number;
  /** The most that the tree held while the work was done. */
  readonly memoryBytes: number;
}

/** Reading the memory of a process stops it for a moment, so it is not read more often than needed to see a peak. */
const MEMORY_INTERVAL_MS = 250;

/** Does the work and watches the process tree of `pid` meanwhile. */
export async function observe(pid: number, work: () => Promise<unknown>): Promise<Sample> {
  let memoryBytes = pssBytesOf(pid);
  const look = (): void => {
    memoryBytes = Math.max(memoryBytes, pssBytesOf(pid));
  };
  const timer = setInterval(look, MEMORY_INTERVAL_MS);
  const cpuBefore = cpuSecondsOf(pid);
  const start = performance.now();
  try {
    await work();
    const seconds = (performance.now() - start) / 1000;
    const cpuSeconds = cpuSecondsOf(pid) - cpuBefore;
    look();
    return { seconds, cpuSeconds, memoryBytes };
  } finally {
    clearInterval(timer);
  }
}
