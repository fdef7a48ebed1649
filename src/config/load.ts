// Brings the settings together: flag before environment before file before default. All mistakes are told at once,
// each with the place it was made.

import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
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

/** A value as somebody wrote it, and where. */
interface Written {
  readonly value: unknown;
  /** The flag, the variable, or the line of the file. */
  readonly from: string;
  /** The same, for the head of a message. */
  readonly where: string;
}

/** The settings, and for each how it was written and where it comes from: a flag, a variable, `FILE:LINE` or `default`. */
export interface Settings {
  readonly config: Config;
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
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  return (await loadSettings(sources)).config;
}

/** @throws ConfigError */
export async function loadSettings({ flags, environment, file }: ConfigSources): Promise<Settings> {
  const problems: string[] = [];
  const inFile = await readConfigFile(file ?? environment[variableOf('config')], problems);
  const config: Record<string, unknown> = {};
  const origins: Record<string, { written: unknown; from: string }> = {};
  for (const key of SETTING_KEYS) {
    const { name, read, default: fallback } = SETTINGS[key];
    const written = writtenFor(name, flags, environment) ?? inFile.get(name);
    origins[key] = { written: written === undefined ? fallback : written.value, from: written?.from ?? 'default' };
    try {
      config[key] = read(written === undefined ? fallback : written.value);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      problems.push(`${written?.where ?? name}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: config as unknown as Config, origins: origins as Settings['origins'] };
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

async function readConfigFile(given: string | undefined, problems: string[]): Promise<Map<string, Written>> {
  const file = given ?? DEFAULT_FILE;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (given !== undefined) problems.push(`${file}: can't be read (${code ?? String(error)})`);
    else if (code !== 'ENOENT') throw error;
    return new Map();
  }
  return parseConfig(text, file, problems);
}

function parseConfig(text: string, file: string, problems: string[]): Map<string, Written> {
  const written = new Map<string, Written>();
  const names = SETTING_KEYS.map((key) => SETTINGS[key].name);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  for (const error of document.errors) {
    problems.push(`${file}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`);
  }
  if (problems.length > 0 || document.contents === null) return written;
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // An alias that stands for nothing, or for too much, shows only here.
    if (!(error instanceof ReferenceError)) throw error;
    problems.push(`${file}:1: ${error.message}`);
    return written;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    problems.push(`${file}:1: this is not a list of settings, each as \`name: value\``);
    return written;
  }
  for (const [name, value] of Object.entries(content)) {
    const node: unknown = document.get(name, true);
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    const line = Array.isArray(range) ? lines.linePos(Number(range[0])).line : 1;
    if (!names.includes(name)) {
      problems.push(`${file}:${line}: there is no setting ${name}; there are ${names.join(', ')}`);
    }
    written.set(name, { value, from: `${file}:${line}`, where: `${file}:${line}: ${name}` });
  }
  return written;
}
