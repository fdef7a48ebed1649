// `sshome serve`: runs the server until a signal stops it.

import type { Argv, CommandModule } from 'yargs';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { SETTING_KEYS, SETTINGS, variableOf } from '../../config/schema.ts';
import { type SshomeServer, StartError, startServer } from '../../server.ts';
import { EXIT } from '../exit-code.ts';

export function serveCommand(): CommandModule {
  return {
    command: 'serve',
    describe: 'Serve the homes over SSH',
    builder: describeFlags,
    handler: async (flags) => {
      process.exitCode = await serve(flags);
    },
  };
}

function describeFlags(program: Argv): Argv {
  program.option('config', {
    string: true,
    requiresArg: true,
    describe: `YAML file of settings (${variableOf('config')}) [default: sshome.yaml, if there]`,
  });
  for (const key of SETTING_KEYS) {
    const { name, describe, default: fallback } = SETTINGS[key];
    program.option(name, {
      string: true,
      requiresArg: true,
      describe: `${describe}${fallback === '' ? '' : ` [default: ${fallback}]`}`,
    });
  }
  return program
    .epilogue('Each setting is also a variable (--max-handles is SSHOME_MAX_HANDLES) and a key of the YAML file.')
    .example('$0 serve --port 2022 --homes /srv/homes', 'serve other homes on another port');
}

async function serve(flags: Readonly<Record<string, unknown>>): Promise<number> {
  let server: SshomeServer;
  try {
    const file = flags['config'];
    const config = await loadConfig({
      flags,
      environment: process.env,
      ...(typeof file === 'string' ? { file } : {}),
    });
    server = await startServer(config);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    for (const line of error.problems) process.stderr.write(`sshome: ${line}\n`);
    return EXIT.failed;
  }
  const { host, port } = server;
  process.stdout.write(
    `sshome: listening on ${server.url}\n` +
      `        files: sftp -P ${port} ${server.exampleUser}@${host}    shell: ssh -p ${port} ${server.exampleUser}@${host}\n`,
  );
  return stopOnSignal(server);
}

/** Waits for SIGTERM or SIGINT and stops in good order; a second one ends the process at once. */
function stopOnSignal(server: SshomeServer): Promise<number> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(signal === 'SIGINT' ? EXIT.interrupted : 143);
      isStopping = true;
      server.stop().then(() => resolve(EXIT.ok), reject);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
