// The client's command line as a process of its own, as scripts run it: no terminal, own home, output collected.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { PASSWORDS, type RuledServer, startServer } from '../helpers/server.ts';

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly server: RuledServer;
  /** alice's home on the disk of the server. */
  readonly home: string;
  /** Where the program runs. */
  readonly here: string;
  /** How the server is named in arguments: `alice@127.0.0.1`. */
  readonly alice: string;
  /** Runs `sshome` with these words. */
  run(words: readonly string[], options?: RunOptions): Promise<ProgramResult>;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly environment?: Readonly<Record<string, string>>;
  /** The descriptor to write the output to; it is collected unless told. */
  readonly output?: number | 'pipe';
  /** Called when the first output has come; the input is left open then. */
  readonly onOutput?: () => void;
  /** The program is sent SIGINT when this resolves. */
  readonly interruption?: Promise<void>;
}

/** A server, with `rules` as sshome.yaml says them, and a program that knows its key and alice's password. */
export async function clientProgram(t: ExecutionContext, rules = ''): Promise<Program> {
  t.timeout(60_000);
  const server = await startServer(t, {}, rules);
  const here = await temporaryFolder(t);
  const ownHome = await temporaryFolder(t);
  const run: Program['run'] = (words, { input = '', environment = {}, output = 'pipe', onOutput, interruption } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [inRepository('build/src/main.js'), ...words], {
        cwd: here,
        stdio: ['pipe', output, 'pipe'],
        // Without the terminal of whoever runs the tests: nothing may ask there.
        detached: true,
        env: { PATH: process.env['PATH'], HOME: ownHome, SSHOME_PASSWORD: PASSWORDS.alice, ...environment },
      });
      t.teardown(() => child.kill('SIGKILL'));
      let stdout = '';
      let stderr = '';
      child.stdout?.setEncoding('latin1').on('data', (text: string) => {
        if (stdout === '') onOutput?.();
        stdout += text;
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      interruption?.then(() => child.kill('SIGINT'), reject);
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
      child.stdin?.on('error', () => {});
      child.stdin?.write(input);
      if (onOutput === undefined) child.stdin?.end();
    });
  return { server, here, home: await server.homeOf('alice'), alice: `alice@${server.host}`, run };
}

/** The words that say how to reach the server; the key is accepted at the first connection. */
export function reaching({ server }: Program): string[] {
  return ['-P', String(server.port), '--accept-new', '--known-hosts', join(server.folder, 'client_known_hosts')];
}
