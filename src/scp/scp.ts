// The old scp protocol ("scp -O", WinSCP's and many libraries' scp), served over Files: one command line, one transfer.

import { FileError } from '../model/error.ts';
import type { Files } from '../model/files.ts';
import type { Log } from '../model/log.ts';
import { printable } from '../model/printable.ts';
import { PeerGone } from '../streams/peer-gone.ts';
import { isScpCommand, parseScpCommand } from './command.ts';
import { ScpProtocolError } from './protocol-error.ts';
import { receiveInto } from './sink.ts';
import { sendPaths } from './source.ts';
import type { ScpStreams } from './streams.ts';
import { createScpWire, type ScpWire } from './wire.ts';

export type { ScpStreams };
export { isScpCommand };

const EXIT_OK = 0;
const EXIT_FAILED = 1;

export interface ScpParts {
  readonly files: Files;
  readonly terminal: ScpStreams;
  readonly log: Log;
  /** Splits a command line into words and expands its patterns; what it throws as `ParseError` is told to the peer. */
  readonly expandLine: (line: string, scope: { files: Files; signal: AbortSignal }) => Promise<string[]>;
}

/** Serves the command line of one scp; resolves to its exit status. The caller sends that and ends the channel. */
export async function runScp(line: string, { files, terminal, log, expandLine }: ScpParts): Promise<number> {
  const { signal } = terminal;
  const wire = createScpWire(terminal);
  try {
    const command = parseScpCommand(await expandLine(line, { files, signal }));
    if (command === undefined) return await refuse(wire, 'usage: scp -t [-rpd] TARGET, scp -f [-rp] SOURCE...');
    const parts = { files, wire, signal, ...command };
    if (command.direction === 'from') return (await sendPaths(command.paths, parts)) ? EXIT_OK : EXIT_FAILED;
    const [target, ...others] = command.paths;
    if (target === undefined || others.length > 0) return await refuse(wire, 'ambiguous target');
    return (await receiveInto(target, parts)) ? EXIT_OK : EXIT_FAILED;
  } catch (error) {
    // The peer is gone, and with it whoever could be told.
    if (signal.aborted) return EXIT_FAILED;
    return refuse(wire, messageFor(error, log)).catch((again: unknown) => {
      log.debug(`scp: the peer could not be told: ${printable(String(again))}`);
      return EXIT_FAILED;
    });
  }
}

async function refuse(wire: ScpWire, message: string): Promise<number> {
  await wire.sendError(message, 'fatal');
  return EXIT_FAILED;
}

function messageFor(error: unknown, log: Log): string {
  if (error instanceof ScpProtocolError || error instanceof PeerGone) return `protocol error: ${error.message}`;
  if (error instanceof FileError) return error.message;
  if (error instanceof Error && error.name === 'ParseError') return error.message;
  return `internal error (${log.unexpected(error, 'serving scp')})`;
}
