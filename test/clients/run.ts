// `npm run test:clients [-- [--full] [NAME...]]`: all real clients, or those of the files that are named ("rclone").
// --full adds the large sizes and writes docs/conformance.md.

import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inRepository } from '../helpers/folder.ts';
import { conformancePage } from './report.ts';

const words = process.argv.slice(2);
const names = words.filter((word) => word !== '--full');
if (names.length < words.length) process.env['SSHOME_TEST_FULL'] = '1';

// Only now: whether the run is full is read from the environment.
const { isFull } = await import('./driver.ts');
const { forgetResults, readResults } = await import('./results.ts');

const FOLDER = inRepository('build/test/clients');
const ENDING = '.test.js';

const files = (await readdir(FOLDER, { recursive: true })).filter((file) => file.endsWith(ENDING)).sort();
const nameOf = (file: string): string => basename(file, ENDING);
const unknown = names.filter((name) => !files.some((file) => nameOf(file) === name));
if (unknown.length > 0) {
  console.error(`test:clients: no tests of ${unknown.join(', ')}; there are: ${files.map(nameOf).join(', ')}`);
  process.exit(2);
}
const wanted = names.length === 0 ? files : files.filter((file) => names.includes(nameOf(file)));

if (names.length === 0) await forgetResults();
const status = await runAva(wanted.map((file) => join(FOLDER, file)));
if (isFull) {
  const run = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  await writeFile(inRepository('docs/conformance.md'), conformancePage({ ...(await readResults()), run }));
  console.log('test:clients: docs/conformance.md is written');
}
process.exitCode = status;

function runAva(paths: readonly string[]): Promise<number> {
  const ava = inRepository('node_modules/ava/entrypoints/cli.mjs');
  // One after the other when sizes are large: clients that wait for each other's disk prove nothing.
  const flags = isFull ? ['--concurrency', '1'] : [];
  const child = spawn(process.execPath, [ava, ...flags, ...paths], { stdio: 'inherit', cwd: inRepository('.') });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
