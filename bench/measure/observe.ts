// One measured piece of work: its time, and what was spent on it.

import { startCollected } from '../programs.ts';
import { cpuSecondsOf, cpuSecondsOfEndedPrograms, pssBytesOf } from './process-tree.ts';

export interface Sample {
  readonly seconds: number;
  /** Of the whole process tree that is watched. */
  readonly cpuSeconds: number;
  /** The most that the tree held while the work was done. */
  readonly memoryBytes: number;
}

/** Reading the memory of a process stops it for a moment, so that is not done more often than needed to see a peak. */
const LOOK_INTERVAL_MS = 250;

/** Does the work and watches the process tree of `pid` meanwhile. */
export async function observe(pid: number, work: () => Promise<unknown>): Promise<Sample> {
  const watch = watchTree(pid);
  try {
    const cpuBefore = cpuSecondsOf(pid);
    const start = performance.now();
    await work();
    const seconds = (performance.now() - start) / 1000;
    const cpuSeconds = cpuSecondsOf(pid) - cpuBefore;
    watch.look();
    return { seconds, cpuSeconds, memoryBytes: watch.seen().memoryBytes };
  } finally {
    watch.stop();
  }
}

/**
 * Runs a program to its end, which must be a good one, and watches what it and all that it starts cost. What a program
 * has started and does not wait for counts as it was seen last.
 */
export async function observeProgram(program: string, words: readonly string[]): Promise<Sample> {
  const cpuBefore = cpuSecondsOfEndedPrograms();
  const start = performance.now();
  const running = await startCollected(program, words);
  const watch = watchTree(running.pid);
  try {
    await running.endedWell();
    const seconds = (performance.now() - start) / 1000;
    const cpuSeconds = Math.max(cpuSecondsOfEndedPrograms() - cpuBefore, watch.seen().cpuSeconds);
    return { seconds, cpuSeconds, memoryBytes: watch.seen().memoryBytes };
  } finally {
    watch.stop();
  }
}

interface Watch {
  look(): void;
  /** The most that was seen so far. */
  seen(): Omit<Sample, 'seconds'>;
  stop(): void;
}

function watchTree(pid: number): Watch {
  let cpuSeconds = 0;
  let memoryBytes = 0;
  const look = (): void => {
    cpuSeconds = Math.max(cpuSeconds, cpuSecondsOf(pid));
    memoryBytes = Math.max(memoryBytes, pssBytesOf(pid));
  };
  look();
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  return { look, seen: () => ({ cpuSeconds, memoryBytes }), stop: () => clearInterval(timer) };
}
