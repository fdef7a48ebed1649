// The server as its own process, started as people start it: flags in, lines and an exit status out.

import { type ChildProcess, spawn } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from './folder.ts';

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly port: number;
  /** Standard output so far. */
  output(): string;
  /** Standard error so far, or the last of it. */
  errors(): string;
  /** Resolves to the exit status, or the signal's name. */
  readonly ended: Promise<number | string | null>;
}

/** A server that logs for an hour must not fill the memory of the test. */
const KEPT_CHARACTERS = 4 * 1024 * 1024;

interface Options {
  readonly words?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs; a new empty folder unless told. */
  readonly folder?: string;
  /** A program, with its words, that starts it: `prlimit --nofile=64`. */
  readonly prefix?: readonly string[];
  /** Words for Node itself. */
  readonly nodeWords?: readonly string[];
}

/** Starts `sshome serve` and waits until it listens or has ended. */
export async function startProcess(
  t: Pick<ExecutionContext, 'teardown'>,
  { words = [], environment = {}, folder, prefix = [], nodeWords = [] }: Options = {},
): Promise<ServerProcess> {
  const cwd = folder ?? (await temporaryFolder(t));
  const flags = ['serve', '--port', '0', '--keys', inRepository('build/test-host-keys'), ...words];
  const [program, ...rest] = [...prefix, process.execPath, ...nodeWords, inRepository('build/src/main.cjs'), ...flags];
  const child = spawn(program ?? process.execPath, rest, {
    cwd,
    env: { ...withoutSettings(process.env), ...environment },
  });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
    if (errors.length > 2 * KEPT_CHARACTERS) errors = errors.slice(-KEPT_CHARACTERS);
  });
  const listening = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) resolve();
    });
  });
  await Promise.race([listening, ended]);
  return {
    child,
    folder: cwd,
    port: Number(/^sshome: listening on ssh:\/\/\S+:(\d+)$/m.exec(output)?.[1]),
    output: () => output,
    errors: () => errors,
    ended,
  };
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SSHOME_')));
}
