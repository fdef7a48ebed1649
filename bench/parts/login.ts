// Logins by public key: as many as the machine makes in a second, a few at a time, and what one costs the server.

import { setTimeout as delay } from 'node:timers/promises';
import { opensshOptions } from '../clients/openssh-options.ts';
import { observe } from '../measure/observe.ts';
import { readTree } from '../measure/process-tree.ts';
import { repeat } from '../measure/repeat.ts';
import { LOGIN_OPERATIONS } from '../operations.ts';
import { runProgram, runWell } from '../programs.ts';
import type { Server } from '../servers/server.ts';
import { alternate, type Stage } from '../stage.ts';

const AT_ONCE = 4;
const SETTLE_DEADLINE_MS = 5000;

/** The key exchange that all of them have, so that the same mathematics is compared; and what they agree on unasked. */
const KEY_EXCHANGES = [
  { operation: LOGIN_OPERATIONS.default, algorithms: {} },
  { operation: LOGIN_OPERATIONS.curve25519, algorithms: { keyExchange: 'curve25519-sha256' } },
] as const;

export async function login(stage: Stage): Promise<void> {
  for (const server of stage.servers)
    stage.ledger.note(`${server.name} agrees with ssh on ${await agreedOn(stage, server)}`);
  for (const { operation, algorithms } of KEY_EXCHANGES) {
    await alternate(stage, stage.servers, operation, async (server) => {
      const processes = readTree(server.pid).length;
      const options = [...opensshOptions(stage.privateKey, algorithms), '-q', '-P', String(server.port)];
      const words = [...options, '-b', '/dev/null', `${server.user}@${server.host}`];
      let seconds = 0;
      const sample = await observe(server.pid, async () => {
        const start = performance.now();
        await repeat(stage.sizes.logins, AT_ONCE, () => runWell('sftp', words));
        seconds = (performance.now() - start) / 1000;
        await untilSettled(server, processes);
      });
      stage.ledger.record(
        { operation, subject: server.name, unit: 'logins/s', better: 'higher' },
        stage.sizes.logins / seconds,
        { ...sample, cpuSeconds: sample.cpuSeconds / stage.sizes.logins },
      );
    });
  }
}

/** What a process of one session has spent counts when its parent has seen it end, a moment after the client left. */
async function untilSettled(server: Server, processes: number): Promise<void> {
  const deadline = Date.now() + SETTLE_DEADLINE_MS;
  while (readTree(server.pid).length > processes) {
    if (Date.now() > deadline) throw new Error(`${server.name} still has processes of sessions that have ended`);
    await delay(20);
  }
}

async function agreedOn(stage: Stage, server: Server): Promise<string> {
  const options = [...opensshOptions(stage.privateKey, {}), '-v', '-p', String(server.port)];
  const words = [...options, '-s', `${server.user}@${server.host}`, 'sftp'];
  const { stderr } = await runProgram('ssh', words);
  const find = (name: string): string => new RegExp(`kex: ${name}: (\\S+)`).exec(stderr)?.[1] ?? 'an unknown one';
  return `${find('algorithm')} and ${find('host key algorithm')}, cipher ${find('server->client cipher')}`;
}
