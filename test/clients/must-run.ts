// Client programs that must succeed, and what they print.

import { decodeBytes } from '../../src/model/bytes.ts';
import { type ProgramOptions, runProgram } from '../helpers/program.ts';
import type { Lifetime } from './driver.ts';

/** Runs a program and resolves to its standard output; rejects with what it said when it reports a failure. */
export async function mustRun(
  t: Lifetime,
  program: string,
  words: readonly string[],
  options: ProgramOptions = {},
): Promise<Buffer> {
  const { status, stdout, stderr } = await runProgram(t, program, words, options);
  if (status === 0) return stdout;
  const said = [stderr, stdout.toString('utf8').slice(-2000)].map((text) => text.trim()).filter((text) => text !== '');
  throw new Error(`${program} ended with ${status}: ${said.join('\n')}`);
}

/** The lines of an output, without their ends; bytes that are not UTF-8 as src/model/bytes.ts has them. */
export function linesOf(output: Uint8Array): string[] {
  const text = decodeBytes(output);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The first line that a program prints about its version. */
export async function versionLine(t: Lifetime, program: string, words: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runProgram(t, program, words);
  return linesOf(stdout.length > 0 ? stdout : Buffer.from(stderr))[0] ?? '';
}

/** `names` without the folder itself and its parent. */
export function withoutDots(names: readonly string[]): string[] {
  return names.filter((name) => name !== '.' && name !== '..');
}
