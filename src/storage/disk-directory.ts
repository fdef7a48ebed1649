// A folder of the disk being read: names from the disk in small batches, so that a million entries need no more memory
// than a few, and the attributes of each through the folder that is held open.

import { type Dir, lstat, type Stats } from 'node:fs';
import { decodeBytes } from '../model/bytes.ts';
import { checkLimit } from '../model/checks.ts';
import type { Attributes, Entry } from '../model/entry.ts';
import { errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import type { Directory } from '../model/files.ts';
import type { VirtualPath } from '../model/path.ts';
import { attributesOf } from './disk-attributes.ts';
import { diskError } from './disk-error.ts';
import { entryOf, type HostPath, type Place } from './place.ts';
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
    return this.#inTurn(async () =>
      attributesOf(await this.#turns.run(() => lstatOf(entryOf(this.#place.thing, '.')))),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#lastCall.then(() => this.#close());
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#turns.run(() => this.#dir.close());
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
      const found = await this.#dir.read();
      if (found === null) {
        this.#ended = true;
        break;
      }
      const name = nameOf(found.name);
      if (!isReservedName(name)) names.push(name);
    }
    return names;
  }

  /** One promise for all of them; an entry that is gone by now is undefined. */
  #entries(names: readonly string[]): Promise<(Entry | undefined)[]> {
    return new Promise((resolve, reject) => {
      const entries: (Entry | undefined)[] = new Array(names.length).fill(undefined);
      let left = names.length;
      if (left === 0) resolve(entries);
      let failure: unknown;
      for (const [index, name] of names.entries()) {
        const answered = (error: unknown, stats: Stats): void => {
          this.#turns.end();
          if (error === null) entries[index] = { name, attributes: attributesOf(stats) };
          else if (errnoName(error) !== 'ENOENT') failure ??= error;
          left -= 1;
          // Only when the last one has answered: until then the folder must stay open.
          if (left > 0) return;
          if (failure === undefined) resolve(entries);
          else reject(failure);
        };
        this.#turns.take(() => lstat(entryOf(this.#place.thing, name), answered));
      }
    });
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

/** Node's types say string; with the encoding `buffer` it is a Buffer. */
function nameOf(name: string | Uint8Array): string {
  return typeof name === 'string' ? name : decodeBytes(name);
}

function lstatOf(host: HostPath): Promise<Stats> {
  return new Promise((resolve, reject) => {
    lstat(host, (error, stats) => (error === null ? resolve(stats) : reject(error)));
  });
}
