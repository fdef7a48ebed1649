// Runs tests of pytest and reads their verdicts.

import type { ExecutionContext } from 'ava';
import { runProgram } from '../../helpers/program.ts';
import type { Verdict, Verdicts } from './compare.ts';

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

/** Runs `files` in `folder`, whatever options the project's own settings have. */
export async function runPytest(
  t: ExecutionContext,
  { folder, files, environment }: { folder: string; files: readonly string[]; environment: Record<string, string> },
): Promise<Verdicts> {
  const options = ['-p', 'no:cacheprovider', '-o', 'addopts=', '-v', '--tb=short'];
  const { stdout } = await runProgram(t, PYTHON, ['-B', '-m', 'pytest', ...options, ...files], { folder, environment });
  const verdicts: Record<string, Verdict> = {};
  for (const [, name, word] of stdout.toString('utf8').matchAll(/^(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)/gm)) {
    const verdict = VERDICTS[word ?? ''];
    if (name !== undefined && verdict !== undefined) verdicts[name] = verdict;
  }
  return verdicts;
}
