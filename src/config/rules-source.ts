// The rules as the running server knows them: the last good state of the YAML file, which it follows. Settings in the same
// file were read at the start, and stay as they were.

import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_RULES } from '../model/default-rules.ts';
import type { Log } from '../model/log.ts';
import type { Rules, RulesSource } from '../model/rules.ts';
import { FollowedFile } from '../text-files/followed-file.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { ConfigError } from './load.ts';

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
  readonly #followed: FollowedFile<Rules>;
  #read: ConfigFile | undefined;
  #rules: Rules;

  constructor({ file, log, ...watchOptions }: RulesFileOptions, read: ConfigFile | undefined) {
    this.#file = file;
    this.#label = basename(file);
    this.#log = log;
    this.#read = read;
    this.#rules = read?.rules ?? DEFAULT_RULES;
    this.#followed = new FollowedFile({
      ...watchOptions,
      file,
      log,
      stamp: read?.stamp,
      content: 'the rules',
      read: () => this.#readAgain(),
    });
  }

  get now(): Rules {
    return this.#rules;
  }

  onChange(listener: (rules: Rules) => void): () => void {
    return this.#followed.onChange(listener);
  }

  /** Reads the file now. A fault is logged and the last good state stays: this never fails. */
  reload(): Promise<void> {
    return this.#followed.reload();
  }

  /** Resolves when nothing is read any more: nothing is logged after that. */
  close(): Promise<void> {
    return this.#followed.close();
  }

  async #readAgain(): Promise<void> {
    const read = await readConfigFile(this.#file, this.#label);
    const problems = read?.problems ?? [];
    if (problems.length > 0) this.#followed.keep(problems, read);
    else if (read?.isEmpty && !isDeepStrictEqual(this.#rules, DEFAULT_RULES)) this.#followed.keep([this.#emptied()]);
    else if (read !== undefined) this.#take(read);
    else if (this.#read !== undefined) this.#followed.keep([`${this.#label}: the file is gone`]);
  }

  /** An editor on a full disk leaves such a file, and so does `>`. Without rules everybody may do everything at home. */
  #emptied(): string {
    return `${this.#label}: nothing stands in the file any more; to have no rules, say so, as in: users: {}`;
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
    this.#followed.tell(read.rules);
  }
}

/** The names of the settings that the file says otherwise now than before. */
function changedSettings(before: ConfigFile | undefined, now: ConfigFile): string[] {
  const names = new Set([...(before?.settings.keys() ?? []), ...now.settings.keys()]);
  return [...names].filter(
    (name) => !isDeepStrictEqual(before?.settings.get(name)?.value, now.settings.get(name)?.value),
  );
}
