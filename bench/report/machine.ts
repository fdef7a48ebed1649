// What the numbers were taken on.

import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { runProgram } from '../programs.ts';

export function describeMachine(): string[] {
  const [cpu] = cpus();
  return [
    `${availableParallelism()} x ${cpu?.model.trim() || 'unnamed processor'}`,
    `${Math.round(totalmem() / 1024 ** 3)} GiB memory`,
    `${type()} ${release()}`,
  ];
}

/** The stock client that drives all servers. */
export async function clientVersion(): Promise<string> {
  const { stderr } = await runProgram('ssh', ['-V']);
  return `client ${stderr.trim()}`;
}
