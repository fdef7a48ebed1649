// How the tests start PuTTY's tools: psftp, pscp and plink share their flags and their settings.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProgramOptions, type ProgramResult, runProgram } from '../helpers/program.ts';
import type { Lifetime, Target } from './driver.ts';
import { mustRun } from './must-run.ts';

export const PUTTY_PROGRAMS = {
  psftp: 'putty-tools',
  pscp: 'putty-tools',
  plink: 'putty-tools',
  puttygen: 'putty-tools',
};

type PuttyTool = 'psftp' | 'pscp' | 'plink';

/** The tools as alice has them set up. */
export interface Putty {
  /** How the host is named in words: the saved session, which knows address, port and user. */
  readonly host: string;
  run(tool: PuttyTool, words: readonly string[], options?: ProgramOptions): Promise<ProgramResult>;
  must(tool: PuttyTool, words: readonly string[], options?: ProgramOptions): Promise<Buffer>;
}

/** Saves a session as PuTTY's window would, and a key in its format. */
export async function setUpPutty(t: Lifetime, { server, login, local, rekeyBytes }: Target): Promise<Putty> {
  const key = join(local, 'key.ppk');
  const secret = join(local, 'password');
  if (login.method === 'key') await mustRun(t, 'puttygen', [login.privateKeyFile, '-O', 'private', '-o', key]);
  else await writeFile(secret, login.password, { mode: 0o600 });
  const host = 'sshome';
  await mkdir(join(local, '.putty/sessions'), { recursive: true });
  const session = {
    HostName: server.host,
    PortNumber: String(server.port),
    Protocol: 'ssh',
    UserName: 'alice',
    ...(rekeyBytes === undefined ? {} : { RekeyBytes: String(rekeyBytes) }),
  };
  const lines = Object.entries(session).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(local, '.putty/sessions', host), lines.join(''));
  const flags = ['-batch', ...server.fingerprints.flatMap((fingerprint) => ['-hostkey', fingerprint])];
  flags.push(...(login.method === 'key' ? ['-i', key] : ['-pwfile', secret]));
  const environment = { HOME: local, PUTTYDIR: join(local, '.putty') };
  const setting = (options: ProgramOptions = {}): ProgramOptions => ({ folder: local, environment, ...options });
  return {
    host,
    run: (tool, words, options) => runProgram(t, tool, [...flags, ...words], setting(options)),
    must: (tool, words, options) => mustRun(t, tool, [...flags, ...words], setting(options)),
  };
}
