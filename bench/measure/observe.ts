// One measured piece of work: its time, and what was spent on it.

import { startCollected } from '../programs.ts';
import { type Cost, cpuSecondsOfEndedPrograms, readCost } from './process-tree.ts';

/** `memoryBytes` is the most that was seen while the work was done. */
export interface Sample extends Cost {
  readonly seconds: number;
}

/** Reading the memory of a process stops it for a moment, so that is not done more often than needed to see a peak, */
const LOOK_INTERVAL_MS = 250;
/** nor for more than a twentieth of the time: a tree of thousands of processes takes seconds, in which no client goes on. */
const PAUSE_PER_LOOK = 20;

/** Does the work and watches the process tree of `pid` meanwhile. */
export async function observe(pid: number, work: () => Promise<unknown>): Promise<Sample> {
  const watch = watchTree(pid);
  try {
    const { cpuSeconds: cpuBefore } = watch.look();
    const start = performance.now();
    await work();
    const seconds = (performance.now() - start) / 1000;
    const { cpuSeconds, memoryBytes } = watch.look();
    return { seconds, cpuSeconds: cpuSeconds - cpuBefore, memoryBytes };
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
    const { cpuSeconds, memoryBytes } = watch.seen();
    return { seconds, cpuSeconds: Math.max(cpuSeconds, cpuSecondsOfEndedPrograms() - cpuBefore), memoryBytes };
  } finally {
    watch.stop();
  }
}

/** The most of both, so far. */
interface Watch {
  seen(): Cost;
  /** The same, after one more look. */
  look(): Cost;
  stop(): void;
}

function watchTree(pid: number): Watch {
  let seen: Cost = readCost(pid);
  const look = (): Cost => {
    const now = readCost(pid);
    seen = {
      cpuSeconds: Math.max(seen.cpuSeconds, now.cpuSeconds),
      memoryBytes: Math.max(seen.memoryBytes, now.memoryBytes),
    };
    return seen;
  };
  let timer: NodeJS.Timeout;
  const lookLater = (delayMs: number): void => {
    timer = setTimeout(() => {
      const start = performance.now();
      look();
      lookLater(Math.max(LOOK_INTERVAL_MS, (performance.now() - start) * PAUSE_PER_LOOK));
    }, delayMs);
  };
  lookLater(LOOK_INTERVAL_MS);
  return { seen: () => seen, look, stop: () => clearTimeout(timer) };
}
