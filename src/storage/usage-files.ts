// What is in the trees that nobody changes just now, kept over a restart: one small file for each. Before a tree is
// changed, its file is removed; a tree without one is counted anew. So a server that was killed leaves no wrong number
// behind. A file says what was true of the system's memory: when that was lost before the server had stopped (a power cut,
// seen by the boot id in the mark), no file counts.

import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { errnoName } from '../model/errno.ts';
import { makeFolders } from '../model/make-folders.ts';
import type { Tree, Usage } from '../model/usage.ts';
import type { UsageStore } from './known-usage.ts';
import { syncFolder } from './upload-aside.ts';

/** Made with the first file, removed when the server stops in good order. Holds the boot id. */
const MARK = 'running';

/** Of a file that is being written, until it is whole. */
const UNFINISHED = '.new';

export class UsageFiles {
  readonly #folder: string;
  readonly #bootId: () => Promise<string>;
  /** Those that are there, or may be. */
  readonly #there = new Set<string>();
  #isOpen = false;
  #isMarked = false;
  /** All is done one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** `folder` need not be there. `bootId` is a new one each time the machine starts; empty: not to be had. */
  constructor(folder: string, bootId: () => Promise<string> = readBootId) {
    this.#folder = folder;
    this.#bootId = bootId;
  }

  of(tree: Tree): UsageStore {
    const name = fileNameOf(tree);
    return {
      load: () => this.#inTurn(() => this.#load(name)),
      save: (usage) => this.#inTurn(() => this.#save(name, usage)),
      drop: () => this.#inTurn(() => this.#drop(name)),
    };
  }

  /** To be called when nothing is changed any more. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isMarked) await this.#remove(MARK);
    });
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      if (!this.#isOpen) await this.#open();
      this.#isOpen = true;
      return call();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #open(): Promise<void> {
    let names: string[];
    try {
      names = await fs.readdir(this.#folder);
    } catch (error) {
      if (errnoName(error) === 'ENOENT') return;
      throw error;
    }
    // Left by a server that was killed.
    for (const name of names) if (name.endsWith(UNFINISHED)) await fs.unlink(join(this.#folder, name));
    this.#isMarked = names.includes(MARK);
    const files = names.filter((name) => name.endsWith('.json'));
    const bootId = await this.#bootId();
    const isLost = this.#isMarked && (bootId === '' || (await this.#read(MARK)) !== bootId);
    for (const name of files) {
      if (isLost) await fs.unlink(join(this.#folder, name));
      else this.#there.add(name);
    }
    if (!isLost) return;
    await syncFolder(this.#folder);
    await this.#write(MARK, bootId);
  }

  async #load(name: string): Promise<Usage | undefined> {
    if (!this.#there.has(name)) return undefined;
    try {
      return parseUsage(await this.#read(name));
    } catch (error) {
      // To write or remove it failed half-way.
      if (errnoName(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #save(name: string, { bytes, files }: Usage): Promise<void> {
    if (!this.#isMarked) {
      await makeFolders(fs, this.#folder, 0o700);
      await this.#write(MARK, await this.#bootId());
      this.#isMarked = true;
    }
    // Also where that fails it may be there by then, and must be removed before the tree is changed.
    this.#there.add(name);
    await this.#write(name, `${JSON.stringify({ bytes, files })}\n`);
  }

  async #drop(name: string): Promise<void> {
    if (!this.#there.has(name)) return;
    await this.#remove(name);
    this.#there.delete(name);
  }

  #read(name: string): Promise<string> {
    return fs.readFile(join(this.#folder, name), 'utf8');
  }

  /** Whoever reads it sees the old content or the new, whole. */
  async #write(name: string, text: string): Promise<void> {
    const temporary = join(this.#folder, `${name}${UNFINISHED}`);
    const handle = await fs.open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, join(this.#folder, name));
    await syncFolder(this.#folder);
  }

  async #remove(name: string): Promise<void> {
    await fs.rm(join(this.#folder, name), { force: true });
    await syncFolder(this.#folder);
  }
}

/** Undefined for what is no usage. */
export function parseUsage(text: string): Usage | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { bytes, files } = content as Record<string, unknown>;
  return isCount(bytes) && isCount(files) ? { bytes, files } : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** `home:alice` is `home.alice.json`. */
function fileNameOf(tree: Tree): string {
  const [kind = '', ...name] = tree.split(':');
  return `${kind}.${encodeURIComponent(name.join(':'))}.json`;
}

async function readBootId(): Promise<string> {
  try {
    return (await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch {
    return '';
  }
}
