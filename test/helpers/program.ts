// Programs of the machine, run as a user would run them.

import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { encodeBytes } from '../../src/model/bytes.ts';

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/**
 * Runs a program to its end; killed with the test if it does not come to one. Words may hold bytes that are not UTF-8,
 * written as src/model/bytes.ts has them.
 */
export function runProgram(
  t: Pick<ExecutionContext, 'teardown'>,
  program: string,
  words: readonly string[],
  { input = '', environment = {}, folder }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(...asText(program, words), {
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment },
      ...(folder === undefined ? {} : { cwd: folder }),
    });
    t.teardown(() => child.kill('SIGKILL'));
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (status) =>
      resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') }),
    );
    // A program that needs no input may be gone before it has all of it.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Node encodes words as UTF-8; what can't be said so is said to bash, as $'\\xff'. */
function asText(program: string, words: readonly string[]): [string, readonly string[]] {
  if (words.every((word) => word.isWellFormed())) return [program, words];
  const quoted = [program, ...words].map((word) => `$'${encodeBytes(word).toString('hex').replace(/../g, '\\x$&')}'`);
  return ['bash', ['-c', `exec ${quoted.join(' ')}`]];
}

/** Whether the machine has the program; or the file of a library, told by its whole path. */
export async function hasProgram(program: string): Promise<boolean> {
  if (isAbsolute(program)) {
    return access(program).then(
      () => true,
      () => false,
    );
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const isThere = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}

/**
 * Whether a test may go on: with all `programs` there. Without one the test is passed over with a word about the
 * package, but fails in CI, which installs them.
 */
export async function needs(t: ExecutionContext, programs: Readonly<Record<string, string>>): Promise<boolean> {
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (await hasProgram(program)) continue;
    const message = `skipped: ${program} is not on this machine (Debian package ${debianPackage})`;
    if (process.env['CI']) t.fail(message);
    else t.log(message);
    t.pass();
    return false;
  }
  return true;
}
