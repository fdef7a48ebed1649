// Suites that no package holds: Debian and npm leave the tests of these projects out. Who wants them run puts a checkout
// of each project, under its name, into one folder and tells that folder by SSHOME_SUITES.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { needs, runProgram } from '../../helpers/program.ts';
import { isFull } from '../driver.ts';

export interface Checkout {
  readonly folder: string;
  /** As git describes it: "3.7.3-12-g0123abc", or else the name alone. */
  readonly version: string;
}

/** The checkout of `project`; without one the test is passed over with a word, as it is when the run is not full. */
export async function checkoutOf(
  t: ExecutionContext,
  project: string,
  programs: Readonly<Record<string, string>>,
): Promise<Checkout | undefined> {
  const suites = process.env['SSHOME_SUITES'];
  const folder = join(suites ?? '', project);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (!isFull || suites === undefined || !isThere) {
    t.log(`passed over: runs with the large sizes, and with a checkout of ${project} in the folder SSHOME_SUITES`);
    t.pass();
    return undefined;
  }
  if (!(await needs(t, programs))) return undefined;
  const described = await runProgram(t, 'git', ['-C', folder, 'describe', '--tags', '--always']);
  return { folder, version: `${project} ${described.stdout.toString('utf8').trim()}`.trim() };
}
