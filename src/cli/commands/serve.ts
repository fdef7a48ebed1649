// `sshome serve`: runs the server until a signal stops it.

import type { CommandModule } from 'yargs';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { type SshomeProgram, StartError, startProgram } from '../../server.ts';
import { EXIT } from '../exit-code.ts';
import { configSources, describeSettings } from '../setting-flags.ts';

export function serveCommand(): CommandModule {
  return {
    command: 'serve',
    describe: 'Serve the homes over SSH',
    builder: (program) =>
      describeSettings(program).example('$0 serve --port 2022 --homes /srv/homes', 'serve other homes on another port'),
    handler: async (flags) => {
      process.exitCode = await serve(flags);
    },
  };
}

async function serve(flags: Readonly<Record<string, unknown>>): Promise<number> {
  let server: SshomeProgram;
  try {
    const config = await loadConfig(configSources(flags));
    server = await startProgram(config);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    for (const line of error.problems) process.stderr.write(`sshome: ${line}\n`);
    return EXIT.failed;
  }
  outliveErrors(server);
  const { host, port } = server;
  // Whoever has read that it listens may end it.
  const stopped = untilStopped(server);
  process.stdout.write(
    `sshome: listening on ${server.url}\n` +
      `        files: sftp -P ${port} ${server.exampleUser}@${host}    shell: ssh -p ${port} ${server.exampleUser}@${host}\n`,
  );
  return stopped;
}

/**
 * An error that nobody caught is one record of the log, and no reason to end the sessions of everybody. What it broke is
 * one request or connection, which its time-outs end: sessions share nothing but the log, the accounts and the listener.
 */
function outliveErrors(server: SshomeProgram): void {
  process.on('uncaughtException', (error) => server.reportUncaught(error));
  process.on('unhandledRejection', (error) => server.reportUncaught(error));
  // Whoever read these may have gone away. Reported as an error, that would be written there again, and fail again.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * Waits for SIGTERM or SIGINT and stops in good order; a second one ends the process at once. A server that can't go on is
 * stopped as well, with an exit status that says so.
 */
function untilStopped(server: SshomeProgram): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    void server.failure.then((why) => {
      if (isStopping) return;
      isStopping = true;
      process.stderr.write(`sshome: ${why}\n`);
      server.stop().then(() => resolve(EXIT.failed), reject);
    });
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(signal === 'SIGINT' ? EXIT.interrupted : 143);
      isStopping = true;
      server.stop().then(() => resolve(EXIT.ok), reject);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
