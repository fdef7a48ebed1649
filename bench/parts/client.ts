// Our `upload` and `download` beside the clients that people have: whole programs, from start to end, against our server
// and against OpenSSH's. What is counted here is what the client spends.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installedClients } from '../clients/programs.ts';
import { checkArrived, makeFile } from '../content.ts';
import { observeProgram } from '../measure/observe.ts';
import { clientOperation } from '../operations.ts';
import { alternate, type Stage } from '../stage.ts';

export async function client(stage: Stage): Promise<void> {
  const { files, sizes, ledger, privateKey } = stage;
  const source = join(files, 'source.bin');
  const scratch = join(files, 'scratch');
  await mkdir(scratch);
  await makeFile(source, sizes.clientBytes);
  const clients = await installedClients(({ name, debianPackage }) =>
    ledger.note(`${name} is skipped: it is not installed (${debianPackage})`),
  );

  const servers = stage.servers.filter(({ name }) => name === 'sshome' || name === 'openssh');
  for (const target of servers) {
    const there = join(target.home, 'moved.bin');
    const here = join(files, 'fetched.bin');
    await alternate(stage, clients, `transfers with ${target.name}`, async ({ name, get, put }, round) => {
      const errand = { target, privateKey, remote: 'moved.bin', scratch };
      for (const file of [there, here]) await rm(file, { force: true });
      for (const { direction, prepare, local, arrived } of [
        { direction: 'put', prepare: put, local: source, arrived: there },
        { direction: 'get', prepare: get, local: here, arrived: here },
      ] as const) {
        const { program, words } = await prepare({ ...errand, local });
        const sample = await observeProgram(program, words);
        await checkArrived(arrived, source, round);
        const operation = clientOperation(direction, target.name);
        const row = { operation, subject: name, unit: 'MB/s', better: 'higher' } as const;
        ledger.record(row, sizes.clientBytes / 1e6 / sample.seconds, sample);
      }
    });
  }
}
