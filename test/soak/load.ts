// The load, as a process of its own: rounds of connections, asked for over Node's IPC channel. It knows the server's
// address and a key, and nothing else of it.

import { runConnection, type Stage } from './connection.ts';
import { createRandom } from './random.ts';
import { emptyTally, operationsOf, sessionsOf, type Tally } from './tally.ts';

/** What the driver sends: at least so many sessions and operations. */
export interface Round {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly seed: number;
  readonly sessions: number;
  readonly operations: number;
  /** Connections at a time. */
  readonly connections: number;
}

/** What it gets back: `half` amid the load, `done` when every connection has ended. */
export type Progress = { readonly kind: 'half' } | { readonly kind: 'done'; readonly tally: Tally };

/** A server that fails everything is not worth the rest of the run. */
const MAX_FAULTS = 1000;

let lastConnection = 0;

process.on('message', (round: Round) => {
  work(round).then(
    (tally) => report({ kind: 'done', tally }),
    (error: unknown) => {
      // The driver sees the process end without `done`.
      console.error(error);
      process.exit(1);
    },
  );
});

async function work(round: Round): Promise<Tally> {
  const tally = emptyTally();
  let operations = 0;
  let isHalfTold = false;
  const stage: Stage = {
    ...round,
    random: createRandom(round.seed),
    tally,
    nextSession: () => {
      if (sessionsOf(tally) >= round.sessions && operations >= round.operations) return undefined;
      // What is left, spread over the sessions that are left; towards the end over those that run beside each other.
      const sessionsLeft = Math.max(round.sessions - sessionsOf(tally), round.connections);
      return Math.max(Math.ceil((round.operations - operations) / sessionsLeft), 1);
    },
    did: (operation) => {
      tally.operations[operation] = (tally.operations[operation] ?? 0) + 1;
      operations += 1;
      if (!isHalfTold && operations * 2 >= round.operations) {
        isHalfTold = true;
        report({ kind: 'half' });
      }
    },
  };
  const lane = async (): Promise<void> => {
    while (sessionsOf(tally) < round.sessions || operations < round.operations) {
      lastConnection += 1;
      await runConnection(stage, lastConnection);
      if (tally.faults > MAX_FAULTS) throw new Error(`too many faults: ${tally.faultTexts.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: round.connections }, lane));
  if (operations !== operationsOf(tally)) throw new Error('operations were miscounted');
  return tally;
}

function report(progress: Progress): void {
  process.send?.(progress);
}
