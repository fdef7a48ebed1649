// What the checks of real clients found, as JSON lines in build/conformance/, one file for each client. Written when the
// large sizes run; docs/conformance.md is made of it.

import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository } from '../helpers/folder.ts';
import { isFull } from './driver.ts';

/** `unable`: the client has no such thing, or can't do it against any server. `missing`: not on this machine. */
export type Outcome = 'works' | 'fails' | 'unable' | 'missing';

export interface Result {
  readonly client: string;
  readonly version: string;
  readonly check: string;
  readonly outcome: Outcome;
  /** Why not, or what is to be known. */
  readonly note?: string;
}

const FOLDER = inRepository('build/conformance');

/** Forgets the client's results of earlier runs. */
export async function forgetResults(client: string): Promise<void> {
  if (isFull) await rm(fileOf(client), { force: true });
}

export async function recordResult(result: Result): Promise<void> {
  if (!isFull) return;
  await mkdir(FOLDER, { recursive: true });
  await appendFile(fileOf(result.client), `${JSON.stringify(result)}\n`);
}

/** All results that were recorded, by client. */
export async function readResults(): Promise<Result[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.jsonl')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(FOLDER, file), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Result),
  );
}

function fileOf(client: string): string {
  return join(FOLDER, `${client.replace(/[^A-Za-z0-9.]+/g, '-')}.jsonl`);
}
