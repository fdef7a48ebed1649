// The search: an input that reaches code no other has reached is kept and changed further. Inputs are run in batches,
// and looked at one by one only when a batch has reached something new: reading the coverage costs more than a run.

import { startCoverage } from './coverage.ts';
import { mutate } from './mutate.ts';
import { createRandom } from './random.ts';
import type { Subject, Target } from './target.ts';

/** An input that broke what must hold. */
export class Finding extends Error {
  override readonly name = 'Finding';
  readonly input: Buffer;

  constructor(target: Target, input: Buffer, cause: unknown) {
    super(`${target.name}: ${input.toString('latin1').slice(0, 200)}`, { cause });
    this.input = input;
  }
}

export interface FuzzOptions {
  readonly target: Target;
  readonly seed: number;
  /** What to begin with. */
  readonly inputs: readonly Buffer[];
  /** Asked before each batch, with the inputs run so far. */
  readonly goesOn: (executions: number) => boolean;
  readonly batchSize?: number;
  /** An input that takes longer three times in a row is a finding; unless told, time is not looked at. */
  readonly maxMs?: number;
  /** Told of each input before it is run. */
  readonly onRun?: (input: Buffer) => void;
}

export interface Outcome {
  readonly executions: number;
  readonly blocks: number;
  /** The inputs that together reach all that was reached, small ones first. */
  readonly inputs: readonly Buffer[];
}

/** @throws Finding */
export async function fuzz(options: FuzzOptions): Promise<Outcome> {
  const { target, seed, goesOn, batchSize = 100, maxMs = Number.POSITIVE_INFINITY, onRun = () => {} } = options;
  const random = createRandom(seed);
  const dictionary = target.dictionary.map((word) => Buffer.from(word));
  const subject = await target.begin();
  const coverage = startCoverage(target.covers);
  const reached = new Set<string>();
  const pool: Buffer[] = [];
  let executions = 0;

  const hasNew = (blocks: Set<string>): boolean => [...blocks].some((block) => !reached.has(block));
  const run = async (input: Buffer): Promise<void> => {
    onRun(input);
    executions += 1;
    await check(target, subject, input, maxMs);
  };
  /** Keeps those of the inputs that reach something new. */
  const judge = async (inputs: readonly Buffer[]): Promise<void> => {
    for (const input of inputs) {
      coverage.clear();
      await run(input);
      const blocks = coverage.take();
      if (!hasNew(blocks)) continue;
      for (const block of blocks) reached.add(block);
      pool.push(input);
    }
  };

  try {
    const beginning = [...options.inputs, ...target.seeds.map((seed) => Buffer.from(seed))];
    await judge(beginning.toSorted((one, other) => one.length - other.length));
    while (goesOn(executions)) {
      coverage.clear();
      const batch: Buffer[] = [];
      for (let count = 0; count < batchSize; count += 1) {
        const input = mutate(random.pick(pool), target.maxBytes, { random, dictionary, others: pool });
        batch.push(input);
        await run(input);
      }
      if (hasNew(coverage.take())) await judge(batch);
    }
  } finally {
    coverage.close();
    await subject.close?.();
  }
  return { executions, blocks: reached.size, inputs: pool };
}

/** Runs one input. @throws Finding */
export async function check(
  target: Target,
  subject: Subject,
  input: Buffer,
  maxMs: number = Number.POSITIVE_INFINITY,
): Promise<void> {
  try {
    for (let attempt = 1; ; attempt += 1) {
      const startMs = performance.now();
      await subject.run(Buffer.from(input));
      const tookMs = performance.now() - startMs;
      // The machine may have been busy elsewhere once.
      if (tookMs <= maxMs) return;
      if (attempt === 3) throw new Error(`takes ${Math.round(tookMs)} ms`);
    }
  } catch (error) {
    throw new Finding(target, input, error);
  }
}
