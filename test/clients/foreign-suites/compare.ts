// Tests written by others, run against OpenSSH's server and against sshome on the same machine: what passes there must
// pass here. What can't is named with its reason, and must still be so.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { inRepository } from '../../helpers/folder.ts';

export type Verdict = 'passed' | 'failed' | 'skipped';

/** Name of a test -> what came of it. */
export type Verdicts = Readonly<Record<string, Verdict>>;

export interface Comparison {
  readonly suite: string;
  /** Where it comes from: the package and its version. */
  readonly source: string;
  readonly openssh: Verdicts;
  readonly sshome: Verdicts;
  /** Tests that pass with OpenSSH's server and not with sshome, each with the reason. */
  readonly differences: Readonly<Record<string, string>>;
}

const FOLDER = inRepository('build/conformance/foreign-suites');

/** Fails the test for each difference that is not named, and for each named one that is none. */
export function checkComparison(t: ExecutionContext, { openssh, sshome, differences }: Comparison): void {
  const passedThere = Object.keys(openssh).filter((name) => openssh[name] === 'passed');
  t.true(passedThere.length > 0, 'no test passed with OpenSSH: the suite did not run');
  t.deepEqual(
    passedThere.filter((name) => sshome[name] !== 'passed').sort(),
    Object.keys(differences)
      .filter((name) => name in openssh)
      .sort(),
  );
}

/** Keeps the counts, and writes the table of all suites that were counted, for docs/conformance.md. */
export async function recordComparison(comparison: Comparison): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const file = `${comparison.suite.replace(/[^A-Za-z0-9.]+/g, '-')}.json`;
  await writeFile(join(FOLDER, file), `${JSON.stringify(comparison, null, 2)}\n`);
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).sort();
  const all = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as Comparison),
  );
  await writeFile(`${FOLDER}.md`, markdownOf(all));
}

function markdownOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(
    ({ suite, source, openssh, sshome }) => `| ${suite} | ${source} | ${counts(openssh)} | ${counts(sshome)} |`,
  );
  const reasons = comparisons.flatMap(({ suite, differences }) =>
    Object.entries(differences).map(([name, reason]) => `- ${suite}, \`${name}\`: ${reason}`),
  );
  return [
    '| suite | from | OpenSSH: passed / failed / skipped | sshome: passed / failed / skipped |',
    '|---|---|---|---|',
    ...rows,
    '',
    'What passes with OpenSSH alone, and why:',
    '',
    ...(reasons.length > 0 ? reasons : ['- nothing']),
    '',
  ].join('\n');
}

function counts(verdicts: Verdicts): string {
  const count = (verdict: Verdict): number => Object.values(verdicts).filter((found) => found === verdict).length;
  return `${count('passed')} / ${count('failed')} / ${count('skipped')}`;
}
