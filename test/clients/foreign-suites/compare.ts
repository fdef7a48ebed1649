// Tests written by others, run against OpenSSH's server and against sshome on the same machine: what passes there must
// pass here. What can't is named with its reason, and must still be so.

import type { ExecutionContext } from 'ava';
import { recordSuite, type SuiteCount } from '../results.ts';

export type Verdict = 'passed' | 'failed' | 'skipped';

/** Name of a test -> what came of it. */
export type Verdicts = Readonly<Record<string, Verdict>>;

export interface Comparison {
  readonly suite: string;
  /** Where it comes from: the package and its version. */
  readonly version: string;
  readonly openssh: Verdicts;
  readonly sshome: Verdicts;
  /** Tests that pass with OpenSSH's server and not with sshome, each with the reason. */
  readonly differences: Readonly<Record<string, string>>;
}

/** Records the counts; fails the test for each difference that is not named, and for each named one that is none. */
export async function compare(t: ExecutionContext, comparison: Comparison): Promise<void> {
  const { suite, version, openssh, sshome, differences } = comparison;
  await recordSuite({ suite, version, openssh: counts(openssh), sshome: counts(sshome), note: noteOf(differences) });
  const passedThere = Object.keys(openssh).filter((name) => openssh[name] === 'passed');
  t.true(passedThere.length > 0, 'no test passed with OpenSSH: the suite did not run');
  const different = passedThere.filter((name) => sshome[name] !== 'passed').sort();
  const named = Object.keys(differences).filter((name) => openssh[name] === 'passed');
  t.deepEqual(different, named.sort());
}

function counts(verdicts: Verdicts): SuiteCount {
  const count = (verdict: Verdict): number => Object.values(verdicts).filter((found) => found === verdict).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** Each reason with the tests it is for. */
function noteOf(differences: Comparison['differences']): string {
  const reasons = new Map<string, string[]>();
  for (const [name, reason] of Object.entries(differences)) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  }
  return [...reasons].map(([reason, names]) => `${names.join(', ')}: ${reason}`).join('; ');
}
