// The settings of a server as flags of the command line.

import type { Argv } from 'yargs';
import type { ConfigSources } from '../config/load.ts';
import { type Config, SETTING_KEYS, SETTINGS, variableOf } from '../config/schema.ts';

const EVERYWHERE = 'Each setting is also a variable (--max-handles is SSHOME_MAX_HANDLES) and a key of the YAML file.';

/** A flag for each setting of a server, or for `keys` alone, and for the file that has them. */
export function describeSettings(program: Argv, keys: readonly (keyof Config)[] = SETTING_KEYS): Argv {
  program.option('config', {
    string: true,
    requiresArg: true,
    describe: `YAML file of settings (${variableOf('config')}) [default: sshome.yaml, if there]`,
  });
  for (const key of keys) {
    const { name, describe, default: fallback } = SETTINGS[key];
    program.option(name, {
      string: true,
      requiresArg: true,
      describe: `${describe}${fallback === '' ? '' : ` [default: ${fallback}]`}`,
    });
  }
  return keys === SETTING_KEYS ? program.epilogue(EVERYWHERE) : program;
}

/** Where the settings come from when those flags were given. */
export function configSources(flags: Readonly<Record<string, unknown>>): ConfigSources {
  const file = flags['config'];
  return { flags, environment: process.env, ...(typeof file === 'string' ? { file } : {}) };
}
