// Brings the settings together: flag before environment before file before default. All mistakes are told at once,
// each with the place it was made.

import { resolve, sep } from 'node:path';
import { DEFAULT_RULES } from '../model/default-rules.ts';
import { errnoInWords } from '../model/errno.ts';
import type { Rules } from '../model/rules.ts';
import { readConfigFile, type Written } from './config-file.ts';
import { type Config, SETTING_KEYS, SETTINGS, variableOf } from './schema.ts';
import { SettingError } from './setting.ts';

const DEFAULT_FILE = 'sshome.yaml';

/** Settings that can't be used; each problem is a sentence that begins with where it is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** What a server is started with: the settings, and the file with the rules, which it follows while it runs. */
export interface ServerConfig extends Config {
  /** The YAML file, which need not be there. */
  readonly file: string;
}

/**
 * The settings, and for each how it was written and where it comes from: a flag, a variable, `FILE:LINE` or `default`.
 * With them the rules, which stand in the same file.
 */
export interface Settings {
  readonly config: ServerConfig;
  readonly rules: Rules;
  readonly origins: Readonly<Record<keyof Config, { readonly written: unknown; readonly from: string }>>;
}

export interface ConfigSources {
  /** By setting name; undefined where the flag was not given. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The YAML file. Unless told, `sshome.yaml` when there is one. */
  readonly file?: string;
}

/** @throws ConfigError */
export async function loadConfig(sources: ConfigSources): Promise<ServerConfig> {
  return (await loadSettings(sources)).config;
}

/** @throws ConfigError */
export async function loadSettings({ flags, environment, file }: ConfigSources): Promise<Settings> {
  const given = file ?? environment[variableOf('config')];
  const path = given || DEFAULT_FILE;
  const inFile = await readConfigFile(path);
  const problems = [...(inFile?.problems ?? [])];
  if (inFile === undefined && given) problems.push(`${path}: can't be read (${errnoInWords('ENOENT')})`);
  const config: Record<string, unknown> = { file: path };
  const origins: Record<string, { written: unknown; from: string }> = {};
  for (const key of SETTING_KEYS) {
    const { name, read, default: fallback } = SETTINGS[key];
    const fromOutside = writtenFor(name, flags, environment);
    const written = fromOutside ?? inFile?.settings.get(name);
    origins[key] = { written: written === undefined ? fallback : written.value, from: written?.from ?? 'default' };
    try {
      config[key] = read(written === undefined ? fallback : written.value);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      // What is wrong in the file has been told.
      if (fromOutside !== undefined) problems.push(`${fromOutside.where}: ${error.message}`);
    }
  }
  if (problems.length === 0) problems.push(...overlapping(config as unknown as Config));
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    config: config as unknown as ServerConfig,
    rules: inFile?.rules ?? DEFAULT_RULES,
    origins: origins as Settings['origins'],
  };
}

/**
 * Some of the settings, and the file, for who needs no more: what is wrong with the rest is no hindrance, so that a mistake
 * in the file keeps nobody from locking a user out. A file that can't be read at all does not matter if all is given.
 *
 * @throws ConfigError
 */
export async function loadSome<Key extends keyof Config>(
  { flags, environment, file }: ConfigSources,
  keys: readonly Key[],
): Promise<Pick<ServerConfig, Key | 'file'>> {
  const given = file ?? environment[variableOf('config')];
  const path = given || DEFAULT_FILE;
  const inFile = await readConfigFile(path);
  const problems: string[] = [];
  const inFileAlone = keys.filter((key) => writtenFor(SETTINGS[key].name, flags, environment) === undefined);
  if (inFile?.isMap === false && inFileAlone.length > 0) {
    const missing = inFileAlone.map((key) => `--${SETTINGS[key].name}`).join(', ');
    problems.push(...inFile.problems, `what should be read there can be given instead: ${missing}`);
  }
  if (inFile === undefined && given) problems.push(`${path}: can't be read (${errnoInWords('ENOENT')})`);
  const config: Record<string, unknown> = { file: path };
  for (const key of keys) {
    const { name, read, default: fallback } = SETTINGS[key];
    const written = writtenFor(name, flags, environment) ?? inFile?.settings.get(name);
    try {
      config[key] = read(written === undefined ? fallback : written.value);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      problems.push(`${written?.where ?? name}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as unknown as Pick<ServerConfig, Key | 'file'>;
}

/** What is in a home is its user's, and what is in a shared folder is not. */
function overlapping({ homes, folders }: Config): string[] {
  const [one, other] = [`${resolve(homes)}${sep}`, `${resolve(folders)}${sep}`];
  if (!one.startsWith(other) && !other.startsWith(one)) return [];
  return [`homes: ${homes} and shared-folders: ${folders} are within each other; keep the two apart`];
}

function writtenFor(
  name: string,
  flags: ConfigSources['flags'],
  environment: ConfigSources['environment'],
): Written | undefined {
  if (flags[name] !== undefined) return { value: flags[name], from: `--${name}`, where: `--${name}` };
  const variable = variableOf(name);
  // An empty variable is how many tools say "not set".
  return environment[variable] ? { value: environment[variable], from: variable, where: variable } : undefined;
}
