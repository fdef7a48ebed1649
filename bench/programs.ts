// Programs of the machine that run to their end: what they print, and where they are.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { startProgram } from './processes.ts';

export interface ProgramResult {
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly pid: number;
  /** Resolves when it has ended, however that was. */
  ended(): Promise<ProgramResult>;
  /** The same, and an error with what it said unless it ends with status 0. */
  endedWell(): Promise<ProgramResult>;
}

/** Starts a program with no input and collects what it prints. */
export async function startCollected(program: string, words: readonly string[]): Promise<RunningProgram> {
  const { child, pid, ended } = await startProgram(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const result = ended.then((status) => ({ status, stdout, stderr }));
  return {
    pid,
    ended: () => result,
    endedWell: async () => {
      const { status } = await result;
      if (status === 0) return result;
      throw new Error(`${program} ended with ${status}: ${(stderr || stdout).trim()}`);
    },
  };
}

/** Runs a program with no input to its end. */
export async function runProgram(program: string, words: readonly string[]): Promise<ProgramResult> {
  return (await startCollected(program, words)).ended();
}

/** As `runProgram`, and an error with what it said unless it ends with status 0. */
export async function runWell(program: string, words: readonly string[]): Promise<ProgramResult> {
  return (await startCollected(program, words)).endedWell();
}

/** The path of a program; servers stand in sbin, which is not on everybody's PATH. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
