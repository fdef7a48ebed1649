// Every program the bench starts, so that every one is ended: at the end, on an error, and on Ctrl-C. By pid, with all
// below it, and nothing else.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { readTree } from './measure/process-tree.ts';

export interface StartedProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves to the exit status, or to the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

interface StartOptions {
  readonly stdio?: StdioOptions;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

const STOP_DEADLINE_MS = 10_000;
const running = new Set<StartedProcess>();

export async function startProgram(
  program: string,
  words: readonly string[],
  { stdio = ['ignore', 'ignore', 'inherit'], environment = {}, folder }: StartOptions = {},
): Promise<StartedProcess> {
  const child = spawn(program, words, {
    stdio,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment },
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const started = { child, pid: child.pid as number, ended };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}

/** Asks a program to end, and what it has started; who does not within the deadline is killed. */
export async function stopProgram({ child, pid, ended }: StartedProcess): Promise<void> {
  if (hasExited(child)) return;
  const tree = readTree(pid);
  child.kill('SIGTERM');
  await Promise.race([ended, delay(STOP_DEADLINE_MS, undefined, { ref: false })]);
  killThose(tree);
  await ended;
}

/** Kills what still runs. Synchronous, for the end of the process. */
export function killAllPrograms(): void {
  for (const { child, pid } of running) if (!hasExited(child)) killThose(readTree(pid));
}

/** From then on its pid may be another's. */
function hasExited({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** A pid may have been given to another process meanwhile: only who was started at the same moment is the one. */
function killThose(tree: ReturnType<typeof readTree>): void {
  for (const { pid, startedAt } of tree) {
    const [now] = readTree(pid);
    if (now?.startedAt !== startedAt) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
