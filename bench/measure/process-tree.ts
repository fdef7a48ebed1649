// What a server costs, as the kernel counts it: processor time and memory of its process and all below it.

import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessTimes, parsePssBytes, parseStat, treeOf } from './proc.ts';

/** Read at once and not asynchronously: a tree that is read over time can be counted twice, or not at all. */
export function readTree(root: number): ProcessTimes[] {
  const all: ProcessTimes[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readIfAlive(`/proc/${name}/stat`);
    if (stat !== undefined) all.push(parseStat(stat));
  }
  return treeOf(root, all);
}

export interface Cost {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** What the tree has spent so far, with the processes that have ended in it, and what it holds now. */
export function readCost(root: number): Cost {
  let [cpuSeconds, memoryBytes] = [0, 0];
  for (const { pid, ownSeconds, endedChildrenSeconds } of readTree(root)) {
    cpuSeconds += ownSeconds + endedChildrenSeconds;
    // A process that ends has no memory any more, and an empty file.
    const rollup = readIfAlive(`/proc/${pid}/smaps_rollup`);
    if (rollup !== undefined && rollup !== '') memoryBytes += parsePssBytes(rollup);
  }
  return { cpuSeconds, memoryBytes };
}

/** What all programs have spent that this process started and that have ended. */
export function cpuSecondsOfEndedPrograms(): number {
  return parseStat(readFileSync('/proc/self/stat', 'utf8')).endedChildrenSeconds;
}

/** The text of a file of /proc, or nothing when its process has ended. */
function readIfAlive(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
