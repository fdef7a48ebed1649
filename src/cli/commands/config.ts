// `sshome config`: what a server would run with, without running it: its settings and its rules.

import { access, constants } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { CommandModule } from 'yargs';
import { configSchema } from '../../config/config-schema.ts';
import { ConfigError, loadSettings, type Settings } from '../../config/load.ts';
import { printRules } from '../../config/print-rules.ts';
import { SETTING_KEYS, SETTINGS } from '../../config/schema.ts';
import { SettingError } from '../../config/setting.ts';
import type { AlgorithmLists } from '../../model/algorithms.ts';
import { errnoInWords } from '../../model/errno.ts';
import { offeredAlgorithms } from '../../server.ts';
import { EXIT } from '../exit-code.ts';
import { configSources, describeSettings } from '../setting-flags.ts';

/** Column of the comment that says where a setting comes from. */
const FROM_COLUMN = 44;

export function configCommand(): CommandModule {
  return {
    command: 'config',
    describe: 'Show and check the settings of a server',
    builder: (program) =>
      program
        .command({
          command: 'print',
          describe:
            'Print every setting with where it comes from, the algorithms offered, and the rules, as a YAML file',
          builder: (printing) => describeSettings(printing),
          handler: (flags) => run(flags, print),
        })
        .command({
          command: 'check',
          describe: 'Tell whether the settings and the rules can be used',
          builder: (checking) => describeSettings(checking),
          handler: (flags) => run(flags, check),
        })
        .command({
          command: 'schema',
          describe: 'Print the JSON schema of sshome.yaml, for editors',
          handler: () => {
            process.stdout.write(`${JSON.stringify(configSchema(), null, 2)}\n`);
          },
        })
        .demandCommand(1, 'Which? `sshome config --help` lists them.'),
    handler: () => {},
  };
}

async function run(
  flags: Readonly<Record<string, unknown>>,
  say: (settings: Settings, algorithms: AlgorithmLists) => string | Promise<string>,
): Promise<void> {
  try {
    const settings = await loadSettings(configSources(flags));
    process.stdout.write(await say(settings, offeredAlgorithms(settings.config)));
    process.exitCode = EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SettingError)) throw error;
    for (const line of error.message.split('\n')) process.stderr.write(`sshome: ${line}\n`);
    process.exitCode = EXIT.failed;
  }
}

/** Beside the file itself, the one that it names: without it a server runs, and nobody can be given a password. */
async function check({ rules, config }: Settings): Promise<string> {
  const { breachedFile } = rules.passwords;
  if (breachedFile !== '') {
    await access(breachedFile, constants.R_OK).catch(({ code }: NodeJS.ErrnoException) => {
      throw new ConfigError([
        `${config.file}: passwords.breached-list: ${breachedFile} can't be read (${errnoInWords(code)})`,
      ]);
    });
  }
  return 'the settings can be used\n';
}

function print({ origins, rules }: Settings, algorithms: AlgorithmLists): string {
  const settings = SETTING_KEYS.map((key) => {
    const { written, from } = origins[key];
    return `${`${SETTINGS[key].name}: ${scalar(written)}`.padEnd(FROM_COLUMN)} # ${from}\n`;
  });
  const offered = [
    ['key exchange', algorithms.kex],
    ['ciphers', algorithms.ciphers],
    ['MACs', algorithms.macs],
    ['host keys', algorithms.hostKeyAlgorithms],
  ] as const;
  const lists = offered.map(([what, names]) => `#   ${what}: ${names.join(',')}\n`);
  return `${settings.join('')}\n# Offered to clients, best first:\n${lists.join('')}\n${printRules(rules)}`;
}

/** A value as YAML has it; numbers are written without quotes, though flags and variables are texts. */
function scalar(written: unknown): string {
  const value = typeof written === 'string' && /^\d+$/.test(written) ? Number(written) : written;
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
