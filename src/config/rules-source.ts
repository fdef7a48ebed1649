// The rules as the running server knows them: the last good state of the YAML file, which it follows. Settings in the same
// file were read at the start, and stay as they were.

import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_RULES } from '../model/default-rules.ts';
import type { Log } from '../model/log.ts';
import type { Rules, RulesSource } from '../model/rules.ts';
import { FileWatch } from '../text-files/file-watch.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { ConfigError } from './load.ts';

const MAX_PROBLEMS_LOGGED = 100;

export interface RulesFileOptions {
  /** It need not be there, but once it was, its going away is a mistake and not the end of the rules. */
  readonly file: string;
  readonly log: Log;
  readonly pollMs?: number;
  readonly settleMs?: number;
}

/** Reads the rules and follows them. @throws ConfigError. Later faults are logged, and the last good state stays. */
export async function openRules(options: RulesFileOptions): Promise<RulesFile> {
  const read = await readConfigFile(options.file);
  if (read !== undefined && read.problems.length > 0) throw new ConfigError(read.problems);
  return new RulesFile(options, read);
}

export class RulesFile implements RulesSource {
  readonly #file: string;
  /** What the file is called in the log, which holds no host paths. */
  readonly #label: string;
  readonly #log: Log;
  readonly #watch: FileWatch;
  readonly #listeners = new Set<(rules: Rules) => void>();
  #read: ConfigFile | undefined;
  #rules: Rules;
  /** Ends when the last reload asked for is done: one at a time, in order. */
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: RulesFileOptions, read: ConfigFile | undefined) {
    const { file, log, ...watchOptions } = options;
    this.#file = file;
    this.#label = basename(file);
    this.#log = log;
    this.#read = read;
    this.#rules = read?.rules ?? DEFAULT_RULES;
    this.#watch = new FileWatch({ ...watchOptions, file, log, stamp: read?.stamp, onChange: () => this.reload() });
  }

  get now(): Rules {
    return this.#rules;
  }

  onChange(listener: (rules: Rules) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the file now. A fault is logged and the last good state stays: this never fails. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  /** Resolves when nothing is read any more: nothing is logged after that. */
  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#watch.close();
    await this.#reloading;
  }

  async #reload(): Promise<void> {
    try {
      const read = await readConfigFile(this.#file, this.#label);
      const problems = read?.problems ?? [];
      if (problems.length > 0) this.#keep(problems);
      else if (read !== undefined) this.#take(read);
      else if (this.#read !== undefined) this.#keep([`${this.#label}: the file is gone`]);
    } catch (error) {
      this.#log.unexpected(error, 'reading the rules');
    }
  }

  #keep(problems: readonly string[]): void {
    for (const problem of problems.slice(0, MAX_PROBLEMS_LOGGED)) this.#log.error(problem);
    this.#log.error('the change of the rules does not count until this is mended', { problems: problems.length });
  }

  #take(read: ConfigFile): void {
    const waiting = changedSettings(this.#read, read);
    if (waiting.length > 0) {
      this.#log.warn(`${this.#label}: a change of ${waiting.join(', ')} counts when the server is started again`);
    }
    this.#read = read;
    if (isDeepStrictEqual(read.rules, this.#rules)) return;
    this.#rules = read.rules;
    const { roles, groups, folders, users } = read.rules;
    this.#log.info('the rules have changed', {
      roles: roles.size,
      groups: groups.size,
      folders: folders.size,
      users: users.size,
    });
    for (const listener of this.#listeners) {
      try {
        listener(read.rules);
      } catch (error) {
        this.#log.unexpected(error, 'telling of a change of the rules');
      }
    }
  }
}

/** The names of the settings that the file says otherwise now than before. */
function changedSettings(before: ConfigFile | undefined, now: ConfigFile): string[] {
  const names = new Set([...(before?.settings.keys() ?? []), ...now.settings.keys()]);
  return [...names].filter(
    (name) => !isDeepStrictEqual(before?.settings.get(name)?.value, now.settings.get(name)?.value),
  );
}
