// Fuzzes one target, or each in turn, for a time: `npm run test:fuzz -- --target NAME --seconds N`. Keeps what reaches
// new code in test/corpus/TARGET, and what breaks something beside it.

import { readdir, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { inRepository } from '../helpers/folder.ts';
import { keep, readCorpus } from './corpus.ts';
import { Finding, fuzz } from './fuzz.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets.ts';

/** Longer than this for a few kilobytes, three times in a row, is an input that somebody could stop a server with. */
const MAX_MS = 100;
/** So that a corpus stays small: above this the inputs that came in last are not kept. */
const MAX_KEPT = 20;

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() >>> 0) },
  },
});
const chosen = TARGETS.map(({ target }) => target).filter(({ name }) => (values.target ?? name) === name);
if (chosen.length === 0) {
  throw new Error(
    `there is no target ${values.target}; there are ${TARGETS.map(({ target }) => target.name).join(', ')}`,
  );
}
for (const target of chosen) await fuzzFor(target, Number(values.seconds) * 1000, Number(values.seed));

async function fuzzFor(target: Target, forMs: number, seed: number): Promise<void> {
  let last: Buffer = Buffer.alloc(0);
  const onEscaped = async (error: unknown): Promise<void> => {
    console.error(
      `${target.name}: an exception escaped; the last input is ${await keep(target.name, last, 'broke')}`,
      error,
    );
    process.exit(1);
  };
  process.on('uncaughtException', onEscaped).on('unhandledRejection', onEscaped);
  const endMs = performance.now() + forMs;
  const known = await readCorpus(target.name);
  try {
    const { executions, blocks, inputs } = await fuzz({
      target,
      seed,
      inputs: known.map(({ input }) => input),
      goesOn: () => performance.now() < endMs,
      // Connections come and go beside the inputs: their coverage is looked at more often.
      batchSize: target.name.startsWith('ssh-') ? 10 : 200,
      maxMs: target.name.startsWith('ssh-') ? Number.POSITIVE_INFINITY : MAX_MS,
      onRun: (input) => {
        last = input;
      },
    });
    const kept = inputs.slice(0, MAX_KEPT);
    await replaceKept(target.name, kept);
    console.log(
      `${target.name}: seed ${seed}, ${executions} inputs, ${blocks} blocks, ${kept.length} of ${inputs.length} kept`,
    );
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    process.exitCode = 1;
    console.error(`${target.name}: seed ${seed}, kept as ${await keep(target.name, error.input, 'broke')}`, error);
  }
  process.off('uncaughtException', onEscaped).off('unhandledRejection', onEscaped);
}

/** Those that once broke something stay; the others are those of this run. */
async function replaceKept(target: string, inputs: readonly Buffer[]): Promise<void> {
  const folder = inRepository(`test/corpus/${target}`);
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('reaches-')) await rm(`${folder}/${name}`);
  }
  for (const input of inputs) await keep(target, input, 'reaches');
}
