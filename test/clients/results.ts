// What real clients and the suites of others found, as files in build/conformance/. Written when the large sizes run;
// docs/conformance.md is made of it.

import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

export interface SuiteCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A test suite that others wrote for SFTP servers, run against sshome and against OpenSSH's server. */
export interface SuiteResult {
  readonly suite: string;
  readonly version: string;
  readonly sshome: SuiteCount;
  readonly openssh: SuiteCount;
  /** What fails here and passes there, and why; empty when nothing does. */
  readonly note: string;
}

const FOLDER = inRepository('build/conformance');
/** One JSON line for each check. */
const CLIENT_ENDING = '.jsonl';
/** One JSON object. */
const SUITE_ENDING = '.suite.json';

/** Forgets the results of one client, or of all. */
export async function forgetResults(client?: string): Promise<void> {
  if (isFull) await rm(client === undefined ? FOLDER : fileOf(client, CLIENT_ENDING), { recursive: true, force: true });
}

export async function recordResult(result: Result): Promise<void> {
  if (!isFull) return;
  await mkdir(FOLDER, { recursive: true });
  await appendFile(fileOf(result.client, CLIENT_ENDING), `${JSON.stringify(result)}\n`);
}

export async function recordSuite(result: SuiteResult): Promise<void> {
  if (!isFull) return;
  await mkdir(FOLDER, { recursive: true });
  await writeFile(fileOf(result.suite, SUITE_ENDING), JSON.stringify(result));
}

/** All that was recorded, by client and by suite. */
export async function readResults(): Promise<{ results: Result[]; suites: SuiteResult[] }> {
  const clients = await readAll(CLIENT_ENDING);
  const suites = await readAll(SUITE_ENDING);
  const lines = clients.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return {
    results: lines.map((line) => JSON.parse(line) as Result),
    suites: suites.map((text) => JSON.parse(text) as SuiteResult),
  };
}

async function readAll(ending: string): Promise<string[]> {
  await mkdir(FOLDER, { recursive: true });
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(ending)).sort();
  return Promise.all(files.map((file) => readFile(join(FOLDER, file), 'utf8')));
}

function fileOf(name: string, ending: string): string {
  return join(FOLDER, `${name.replace(/[^A-Za-z0-9.]+/g, '-')}${ending}`);
}
