// `npm run bench`: which parts, on which servers; prints as it goes and keeps the results. Its exit status says whether
// everything could be measured, never how fast it was.

import { parseOptions, SIZES } from './options.ts';
import { PARTS } from './parts/table.ts';
import { killAllPrograms } from './processes.ts';
import { createLedger } from './report/ledger.ts';
import { clientVersion, describeMachine } from './report/machine.ts';
import { keepResult } from './report/results-folder.ts';
import { rowTable, verdictTable } from './report/table.ts';
import { judge } from './report/targets.ts';
import { inRepository } from './repository.ts';
import { OPENSSH } from './servers/openssh.ts';
import { PROFTPD } from './servers/proftpd.ts';
import { RCLONE } from './servers/rclone.ts';
import type { Peer } from './servers/server.ts';
import { SSHOME } from './servers/sshome.ts';
import { onStage } from './stage.ts';

const PEERS: readonly Peer[] = [SSHOME, OPENSSH, RCLONE, PROFTPD];

process.on('exit', killAllPrograms);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

const { form, parts, servers, out } = parseOptions(process.argv.slice(2));
const folder = out ?? inRepository(form === 'full' ? 'bench/results' : 'build/bench-results');
const print = (line: string): void => console.log(line);

const peers: Peer[] = [];
const versions: Record<string, string> = { client: await clientVersion() };
for (const peer of PEERS) {
  if (!servers.includes(peer.name)) continue;
  const version = await peer.version();
  if (version === undefined) {
    print(`bench: ${peer.name} is skipped: it is not installed (${peer.debianPackage})`);
    continue;
  }
  peers.push(peer);
  versions[peer.name] = version;
}

for (const part of parts) {
  const run = PARTS[part];
  print(`bench: ${part}`);
  const ledger = createLedger(print);
  await onStage({ sizes: SIZES[form], peers, ledger }, run);
  const { rows, notes, failed } = ledger;
  // Other peers may lack a cipher or a request; without these two nothing is compared.
  if (failed.has('sshome') || failed.has('openssh')) process.exitCode = 1;
  const at = new Date().toISOString();
  await keepResult(folder, { part, form, at, machine: describeMachine(), versions, rows, notes });
  for (const line of [...rowTable(rows), ...verdictTable(judge(part, rows))]) print(`  ${line}`);
}
print(`bench: the results are in ${folder}`);
