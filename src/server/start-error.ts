// Why a server can't start, in sentences for whoever starts it.

import { CredentialsError } from '../accounts/load-credentials.ts';
import { WorkersError } from '../cluster/workers.ts';
import { ConfigError } from '../config/load.ts';
import { BecomeUserError } from '../config/run-as.ts';
import type { Config } from '../config/schema.ts';
import { SettingError } from '../config/setting.ts';
import { LogFileError } from '../log/file-output.ts';
import { errnoInWords } from '../model/errno.ts';
import { HostKeyError } from '../sshd/host-key.ts';

/** The server can't start; each problem is a sentence that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** What a failed start is to be told as: a StartError, or the error itself when nobody foresaw it. */
export function asStartError(error: unknown, { host, port }: Config): unknown {
  if (error instanceof StartError) return error;
  if (error instanceof BecomeUserError || error instanceof WorkersError) return new StartError([error.message]);
  if (error instanceof CredentialsError) return new StartError(error.reasons);
  if (error instanceof ConfigError) return new StartError(error.problems);
  if (error instanceof HostKeyError || error instanceof SettingError) return new StartError([error.message]);
  if (error instanceof LogFileError) return new StartError([error.message]);
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === 'mkdir') {
    const why = code === 'ENOENT' ? 'nothing can be made there' : errnoInWords(code);
    return new StartError([`${path}: this folder can't be made (${why})`]);
  }
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return new StartError([`${host}:${port} can't be listened on: ${listenTrouble(code)}`]);
  }
  return error;
}

function listenTrouble(code: string | undefined): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there already; stop it, or choose another with --port';
    case 'EACCES':
      return 'this user may not use that port; choose one above 1023 with --port';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address; --host 0.0.0.0 listens on all it has';
    case 'ENOTFOUND':
      return 'there is no such host name';
    default:
      return code ?? 'unknown error';
  }
}
