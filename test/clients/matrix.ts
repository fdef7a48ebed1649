// The matrix: what every client that people bring must be able to do with sshome. A driver says how, and what its
// client has not got; nothing else is left out.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';
import { checksOf, type RegisterCheck } from './client-tests.ts';
import type { ClientDriver, ClientSession } from './driver.ts';
import { checkChanges } from './matrix-changes.ts';
import { checkLogins } from './matrix-logins.ts';
import { checkTransfers } from './matrix-transfers.ts';
import { checkTrees } from './matrix-trees.ts';
import { type SharedStage, type Stage, sharedStage } from './stage.ts';

/** A client on its stage, and the way to register further checks of it. */
export interface Subject extends SharedStage {
  readonly driver: ClientDriver;
  readonly check: RegisterCheck;
  /** The shared session, and a folder of its own on either side for one check. */
  bench(t: ExecutionContext): Promise<Bench>;
}

export interface Bench {
  readonly stage: Stage;
  readonly session: ClientSession;
  /** An empty folder of the client's. */
  readonly local: string;
  /** The same on the server: its path for the client, without a "/" at the end, and on the disk. */
  readonly remote: string;
  readonly disk: string;
}

/** Registers the whole matrix for one client. What is returned takes the checks that only this client needs. */
export function testClient(driver: ClientDriver): Subject {
  const subject = subjectOf(driver);
  checkLogins(subject);
  checkTransfers(subject);
  checkTrees(subject);
  checkChanges(subject);
  return subject;
}

function subjectOf(driver: ClientDriver): Subject {
  const shared = sharedStage(driver);
  let benches = 0;
  return {
    ...shared,
    driver,
    check: checksOf(driver, driver.patienceSeconds),
    bench: async (t) => {
      const [stage, session, local] = [await shared.stage(), await shared.session(), await temporaryFolder(t)];
      benches += 1;
      const remote = `/bench ${benches}`;
      const disk = join(stage.home, remote);
      await mkdir(disk);
      return { stage, session, local, remote, disk };
    },
  };
}
