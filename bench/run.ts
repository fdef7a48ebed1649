// `npm run bench`: which parts, on which servers; prints as it goes and keeps the results. Its exit status says whether
// everything could be measured, never how fast it was.

import { type Options, type PartName, parseOptions, SIZES } from './options.ts';
import { PARTS } from './parts/table.ts';
import { killAllPrograms } from './processes.ts';
import { createLedger } from './report/ledger.ts';
import { clientVersion, describeMachine } from './report/machine.ts';
import { keepResult } from './report/results-folder.ts';
import { rowTable, verdictTable } from './report/table.ts';
import { inRepository } from './repository.ts';
import { describeRunFolder, makeRunFolder, makeRunKeys } from './run-folder.ts';
import { OPENSSH } from './servers/openssh.ts';
import { PROFTPD } from './servers/proftpd.ts';
import { RCLONE } from './servers/rclone.ts';
import type { Peer } from './servers/server.ts';
import { SSHOME } from './servers/sshome.ts';
import { onStage } from './stage.ts';

const PEERS: readonly Peer[] = [SSHOME, OPENSSH, RCLONE, PROFTPD];

process.on('exit', killAllPrograms);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

const print = (line: string): void => console.log(line);

if (process.platform !== 'linux') giveUp('only Linux has what is read here: /proc/PID/smaps_rollup');
const options = readOptions();
const folder = options.out ?? inRepository(options.form === 'full' ? 'bench/results' : 'build/bench-results');
const { peers, versions } = await findPeers();
const runFolder = await makeRunFolder();
const keys = await makeRunKeys(runFolder);
const machine = [...describeMachine(), describeRunFolder(runFolder)];
for (const part of options.parts) await runPart(part);
print(`bench: the results are in ${folder}`);

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    return giveUp((error as Error).message);
  }
}

function giveUp(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}

/** Those that are wanted and installed, and what the report says of each that is wanted. */
async function findPeers(): Promise<{ peers: Peer[]; versions: Record<string, string> }> {
  const peers: Peer[] = [];
  const versions: Record<string, string> = { client: await clientVersion() };
  for (const peer of PEERS.filter(({ name }) => options.servers.includes(name))) {
    const version = await peer.version();
    if (version !== undefined) peers.push(peer);
    else print(`bench: ${peer.name} is skipped: it is not installed (${peer.debianPackage})`);
    versions[peer.name] = version ?? `${peer.name} is not installed`;
  }
  return { peers, versions };
}

async function runPart(part: PartName): Promise<void> {
  const { form } = options;
  print(`bench: ${part}`);
  const ledger = createLedger(print);
  await onStage({ sizes: SIZES[form], peers, ledger, folder: runFolder, keys }, PARTS[part]);
  const { rows, notes, failed } = ledger;
  // Other peers may lack a cipher or a request; without these two nothing is compared.
  if (failed.has('sshome') || failed.has('openssh')) process.exitCode = 1;
  const at = new Date().toISOString();
  await keepResult(folder, { part, form, at, machine, versions, rows, notes });
  for (const line of [...rowTable(rows), ...verdictTable({ part, form, rows })]) print(`  ${line}`);
}
