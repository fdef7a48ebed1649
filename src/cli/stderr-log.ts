// The log of a command that runs and ends: what somebody should know goes to standard error, the rest nowhere.

import type { Log } from '../model/log.ts';

export const stderrLog: Log = {
  error: warn,
  warn,
  info: () => undefined,
  debug: () => undefined,
  unexpected: (error, doing) => {
    warn(`${doing}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 'above';
  },
};

function warn(message: string): void {
  process.stderr.write(`sshome: ${message}\n`);
}
