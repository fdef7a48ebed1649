// Replays every input that was kept, then searches on from there for a bounded number of inputs, always the same ones
// for the same code. A failure names the input; test/corpus/README.md says what to do with it.

import test from 'ava';
import { readCorpus } from './corpus.ts';
import { check, fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const SEED = 20260401;

for (const { target, testRuns } of TARGETS) {
  test.serial(`fuzz, ${target.name}: ${target.invariant}`, async (t) => {
    t.timeout(60_000);
    const corpus = await readCorpus(target.name);
    const subject = await target.begin();
    for (const { input } of corpus) await check(target, subject, input);
    await subject.close?.();
    const { executions } = await fuzz({
      target,
      seed: SEED,
      inputs: corpus.map(({ input }) => input),
      goesOn: (done) => done < testRuns,
      batchSize: Math.min(100, testRuns),
    });
    t.true(executions >= testRuns);
  });
}
