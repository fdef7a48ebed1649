// The checks of one real client as ava tests: passed over with a word where the client is missing, and each outcome
// recorded for docs/conformance.md.

import test, { type ExecutionContext } from 'ava';
import { needs } from '../helpers/program.ts';
import type { Client, Lifetime } from './driver.ts';
import { forgetResults, type Outcome, recordResult } from './results.ts';

const PATIENCE_SECONDS = 60;

/** Returns the reason when the client is unable to do this against any server, and nothing when it did it. */
export type Check = (t: ExecutionContext) => Promise<string | undefined>;

/**
 * Registers one check, which runs after the file's earlier ones. It fails like every other test; what the client is unable to do
 * is shown and recorded, never passed over in silence.
 */
export type RegisterCheck = (title: string, check: Check, patienceSeconds?: number) => void;

/** The way to register the checks of `client`; to be called once for each client. */
export function checksOf(client: Client, usualPatienceSeconds: number = PATIENCE_SECONDS): RegisterCheck {
  const forgotten = once(() => forgetResults(client.name));
  const version = once((t: Lifetime) => client.version(t));
  return (title, check, patienceSeconds = usualPatienceSeconds) => {
    test.serial(`${client.name}: ${title}`, async (t) => {
      t.timeout(patienceSeconds * 1000);
      await forgotten();
      // Until the check says otherwise: also what is left when it is given up.
      let found: { outcome: Outcome; note?: string } = { outcome: 'fails', note: 'came to no end' };
      let known = '';
      t.teardown(() => recordResult({ client: client.name, version: known, check: title, ...found }));
      if (!(await needs(t, client.programs))) {
        found = { outcome: 'missing' };
        return;
      }
      const lacking = await client.lacking?.();
      if (lacking !== undefined) {
        found = { outcome: 'missing', note: lacking };
        t.log(`skipped: ${lacking}`);
        t.pass();
        return;
      }
      known = await version(t);
      try {
        const reason = await check(t);
        found = reason === undefined ? { outcome: 'works' } : { outcome: 'unable', note: reason };
        if (reason !== undefined) t.log(`unable: ${reason}`);
        // What a check awaits fails by itself; some make no further claim.
        t.pass();
      } catch (error) {
        found = { outcome: 'fails', note: error instanceof Error ? error.message : String(error) };
        throw error;
      }
    });
  };
}

/** The function, made to run at the first call alone. */
export function once<Words extends unknown[], Result>(make: (...words: Words) => Result): (...words: Words) => Result {
  let made: { readonly result: Result } | undefined;
  return (...words) => {
    made ??= { result: make(...words) };
    return made.result;
  };
}
