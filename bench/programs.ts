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

/** Runs a program with no input to its end. */
export async function runProgram(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const { child, ended } = await startProgram(program, words, { stdio: ['ignore', 'pipe', 'pipe'], environment });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { status: await ended, stdout, stderr };
}

/** As `runProgram`, and an error with what it said unless it ends well. */
export async function runWell(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const result = await runProgram(program, words, environment);
  if (result.status === 0) return result;
  throw new Error(`${program} ended with ${result.status}: ${(result.stderr || result.stdout).trim()}`);
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
