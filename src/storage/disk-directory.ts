// A folder of the disk being read: names from the disk in small batches, so that a million entries need no more memory
// than a few, and the attributes of each through the folder that is held open.

import type { Dir, Stats } from 'node:fs';
import { decodeBytes } from '../model/bytes.ts';
import { checkLimit } from '../model/checks.ts';
import type { Attributes, Entry } from '../model/entry.ts';
import { FileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { attributesOf } from './disk-attributes.ts';
import { diskError } from './disk-error.ts';
import { entryOf, type Place } from './place.ts';
import type { Answer } from './system-calls.ts';
import type { Turns } from './turns.ts';
import { isReservedName } from './upload-names.ts';

/** How many entries are asked for their attributes at once: enough to keep the disk busy, not to keep others waiting. */
const AT_ONCE = 32;

/** Names that one system call reads ahead. */
export const NAMES_READ_AHEAD = 256;

export class DiskDirectory implements Directory {
  readonly path: VirtualPath;
  readonly #place: Place;
  readonly #dir: Dir;
  readonly #turns: Turns;
  #lastCall: Promise<unknown> = Promise.resolve();
  #ended = false;
  #closing: Promise<void> | undefined;

  /** Takes over `place`, a folder, and `dir`, opened on it with names as buffers. */
  constructor({ place, dir, turns }: { place: Place; dir: Dir; turns: Turns }) {
    this.path = place.path;
    this.#place = place;
    this.#dir = dir;
    this.#turns = turns;
  }

  read(limit: number): Promise<readonly Entry[]> {
    return this.#inTurn(() => {
      checkLimit(limit, this.path);
      return this.#read(limit);
    });
  }

  stat(): Promise<Attributes> {
    return this.#inTurn(async () => {
      const own = await this.#turns.run(async () => this.#entry('.'));
      if (own === undefined) throw new FileError('not-found', { path: this.path });
      return own.attributes;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#lastCall.then(() => this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#turns.run(async () => this.#place.calls.closeDirectory(this.#dir));
    } catch (error) {
      throw diskError(error, this.path);
    } finally {
      this.#place.close();
    }
  }

  async #read(limit: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    // A batch whose entries have all been deleted meanwhile must not look like the end.
    while (entries.length === 0 && !this.#ended) {
      for (let wanted = limit; wanted > 0 && !this.#ended; ) {
        const names = await this.#turns.run(() => this.#names(Math.min(wanted, AT_ONCE)));
        wanted -= names.length;
        for (const entry of await this.#entries(names)) if (entry !== undefined) entries.push(entry);
      }
    }
    return entries;
  }

  async #names(count: number): Promise<string[]> {
    const names: string[] = [];
    while (names.length < count) {
      const answer = this.#place.calls.readDirectory(this.#dir);
      const found = answer instanceof Promise ? await answer : answer;
      if (found === undefined) {
        this.#ended = true;
        break;
      }
      const name = decodeBytes(found);
      if (!isReservedName(name)) names.push(name);
    }
    return names;
  }

  /** One after the other where each is answered at once, else all together. An entry that is gone by now is undefined. */
  async #entries(names: readonly string[]): Promise<(Entry | undefined)[]> {
    const { calls } = this.#place;
    if (!calls.isPrompt) {
      const asked = await Promise.allSettled(names.map((name) => this.#turns.run(async () => this.#entry(name))));
      // Only now may one fail: until the last has answered the folder must stay open.
      return asked.map((answer) => {
        if (answer.status === 'rejected') throw answer.reason;
        return answer.value;
      });
    }
    const entries: (Entry | undefined)[] = [];
    for (const name of names) {
      const entry = this.#entry(name);
      // For a list of thousands it shows to wait for what is there.
      entries.push(entry instanceof Promise ? await entry : entry);
    }
    return entries;
  }

  #entry(name: string): Answer<Entry | undefined> {
    const { calls, thing } = this.#place;
    const entry = (stats: Stats | undefined): Entry | undefined => stats && { name, attributes: attributesOf(stats) };
    const stats = calls.lstat(entryOf(thing, name));
    return stats instanceof Promise ? stats.then(entry) : entry(stats);
  }

  /** One call at a time, each after the one before, and none after close(). */
  async #inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new FileError('closed', { path: this.path });
    const run = this.#lastCall.then(call);
    this.#lastCall = run.catch(() => undefined);
    try {
      return await run;
    } catch (error) {
      throw diskError(error, this.path);
    }
  }
}
