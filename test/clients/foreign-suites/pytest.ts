// Runs tests of pytest and reads their verdicts.

import type { ExecutionContext } from 'ava';
import { runProgram } from '../../helpers/program.ts';
import type { Verdict, Verdicts } from './compare.ts';
import type { Inside } from './user-machine.ts';

const PYTHON = '/usr/bin/python3';

export const PYTEST_PROGRAMS: Readonly<Record<string, string>> = {
  [PYTHON]: 'python3',
  '/usr/lib/python3/dist-packages/pytest/__init__.py': 'python3-pytest',
};

const VERDICTS: Readonly<Record<string, Verdict>> = {
  PASSED: 'passed',
  FAILED: 'failed',
  ERROR: 'failed',
  SKIPPED: 'skipped',
};

interface Run {
  readonly folder: string;
  readonly files: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** When they are to run on a machine inside this one. */
  readonly inside?: Inside;
}

/** Runs `files` in `folder`, whatever options the project's own settings have. */
export async function runPytest(t: ExecutionContext, run: Run): Promise<Verdicts> {
  const { folder, files, environment, inside } = run;
  const options = ['-p', 'no:cacheprovider', '-o', 'addopts=', '-v', '--tb=short'];
  const command = ['-B', '-m', 'pytest', ...options, ...files];
  const [program, words] = inside?.(folder, [PYTHON, ...command]) ?? [PYTHON, command];
  const { stdout } = await runProgram(t, program, words, { folder, environment });
  const verdicts: Record<string, Verdict> = {};
  for (const [, name, word] of stdout.toString('utf8').matchAll(/^(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)/gm)) {
    const verdict = VERDICTS[word ?? ''];
    if (name !== undefined && verdict !== undefined) verdicts[name] = verdict;
  }
  return verdicts;
}
