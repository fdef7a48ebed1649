// The files of a folder of results: what was measured as JSON, and from it the page and the plots. A part that is
// measured anew replaces the one of its name, so that parts can be run on their own.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PART_NAMES } from '../options.ts';
import { plot } from './plot.ts';
import type { PartResult } from './row.ts';
import { resultsPage } from './table.ts';

export async function keepResult(folder: string, result: PartResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'results.json');
  const others = (await readResults(file)).filter(({ part }) => part !== result.part);
  const all = [...others, result].sort((a, b) => PART_NAMES.indexOf(a.part) - PART_NAMES.indexOf(b.part));
  await writeFile(file, `${JSON.stringify(all, null, 1)}\n`);
  await writeFile(join(folder, 'results.md'), resultsPage(all));
  await writeFile(join(folder, `${result.part}.svg`), plot(result.part, result.rows));
}

async function readResults(file: string): Promise<PartResult[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PartResult[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
