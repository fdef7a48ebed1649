// A file that a running server follows: it is read again, one time after the other, when it has changed or somebody asks,
// and who wants to know is told of what came of it. What is in it, and what the last good state is, its owner knows.

import type { Log } from '../model/log.ts';
import { FileWatch, type FileWatchOptions } from './file-watch.ts';

/** What an editor saved by mistake may have a problem in each line. */
const MAX_PROBLEMS_LOGGED = 100;

export interface FollowedFileOptions extends Omit<FileWatchOptions, 'onChange'> {
  /** What the log calls the content: `the users`. */
  readonly content: string;
  /** Reads it, and calls `tell` or `keep`. */
  readonly read: () => Promise<void>;
}

export class FollowedFile<Change> {
  readonly #content: string;
  readonly #read: () => Promise<void>;
  readonly #log: Log;
  readonly #watch: FileWatch;
  readonly #listeners = new Set<(change: Change) => void>();
  /** Ends when the last reading asked for is done. */
  #reading: Promise<void> = Promise.resolve();

  constructor({ content, read, ...watchOptions }: FollowedFileOptions) {
    this.#content = content;
    this.#read = read;
    this.#log = watchOptions.log;
    this.#watch = new FileWatch({ ...watchOptions, onChange: () => this.reload() });
  }

  /** Returns what ends it. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the file now. A fault is logged: this never fails. */
  reload(): Promise<void> {
    this.#reading = this.#reading
      .then(this.#read)
      .catch((error: unknown) => void this.#log.unexpected(error, `reading ${this.#content}`));
    return this.#reading;
  }

  tell(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#log.unexpected(error, `telling of a change of ${this.#content}`);
      }
    }
  }

  /**
   * Says in the log why what was read does not count. With `isPassing` that is no fault of the file: it is read again in a
   * moment, changed or not.
   */
  keep(problems: readonly string[], { isPassing = false }: { readonly isPassing?: boolean } = {}): void {
    if (isPassing) this.#watch.lookAgain();
    for (const problem of problems.slice(0, MAX_PROBLEMS_LOGGED)) this.#log.error(problem);
    const { length } = problems;
    this.#log.error(`the change of ${this.#content} does not count until this is mended`, { problems: length });
  }

  /** Resolves when nothing is read any more: nothing is logged after that. */
  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#watch.close();
    await this.#reading;
  }
}
