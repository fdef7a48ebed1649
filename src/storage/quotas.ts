// The quotas of all trees: their books, kept while somebody uses a tree and for a while after, and what the administrator
// may ask of them. The only place that keeps the numbers: in a server of several processes it lives in one of them.

import { codeOfErrno, errnoName } from '../model/errno.ts';
import { FileError } from '../model/error.ts';
import type { Log } from '../model/log.ts';
import type { Quota } from '../model/rules.ts';
import type { Tree, TreeUsage, Usage } from '../model/usage.ts';
import { countTree } from './count-tree.ts';
import type { MeterSwitch } from './keeper.ts';
import type { Meter, Meters } from './meter.ts';
import type { HostPath, Jail } from './place.ts';
import { Tenant } from './tenant.ts';
import { TreeLedger } from './tree-ledger.ts';
import { TreeMeter } from './tree-meter.ts';
import { UsageFiles } from './usage-files.ts';

/** Clients that come every second cost no writes. */
const REST_MS = 10_000;

/** What another process may pay ahead of a file, so that it asks once for so much. */
const AHEAD_BYTES = 1024 * 1024;

export interface QuotasParts {
  /** Asked before anything grows: what it says counts at once. */
  readonly quotaOf: (tree: Tree) => Quota;
  /** The trees there are. */
  readonly trees: () => Iterable<Tree>;
  /** Opens a tree; undefined when it is not there (yet). */
  readonly openTree: (tree: Tree) => Promise<Jail | undefined>;
  /** Opens a folder of one that lies deeper than a path can say. */
  readonly openDeep: (host: HostPath) => Promise<Jail>;
  /** Where the numbers are kept over a restart. */
  readonly folder: string;
  readonly log: Log;
  /** What another process may pay ahead of a file; 1 MiB unless told. */
  readonly aheadBytes?: number;
  /** How long a tree must have been left before its numbers are saved; 10 s unless told. */
  readonly restMs?: number;
}

export interface Quotas extends Meters {
  /** Another process uses a tree, and has its own meter of it, which counts already or does not. */
  admit(tree: Tree, meters: MeterSwitch, isCounting: boolean): Tenant;
  /** Whether any tree has a quota. */
  readonly isAny: boolean;
  /** All trees with a quota. */
  show(): Promise<readonly TreeUsage[]>;
  /** Counts anew what is in a tree, while people work in it: whoever would change it waits. @throws FileError */
  scan(tree: Tree): Promise<Usage>;
  /** To be called when quotas may have changed: trees that have one now are counted from now on, others no more. */
  limitsChanged(): void;
  /** Saves what is known. To be called when nobody uses a tree any more. */
  close(): Promise<void>;
}

export function openQuotas(parts: QuotasParts): Quotas {
  return new OpenQuotas(parts);
}

/** A tree that is used, or was of late. */
interface OpenTree {
  readonly ledger: TreeLedger;
  readonly meter: TreeMeter;
  /** Other processes that use it. */
  readonly tenants: Set<Tenant>;
  users: number;
  resting: NodeJS.Timeout | undefined;
}

class OpenQuotas implements Quotas {
  readonly #parts: QuotasParts;
  readonly #files: UsageFiles;
  readonly #open = new Map<Tree, OpenTree>();
  readonly #closing = new AbortController();

  constructor(parts: QuotasParts) {
    this.#parts = parts;
    this.#files = new UsageFiles(parts.folder);
  }

  enter(tree: Tree): { meter: Meter; leave: () => void } {
    const { open, leave } = this.#enter(tree);
    return { meter: open.meter, leave };
  }

  admit(tree: Tree, meters: MeterSwitch, isCounting: boolean): Tenant {
    const { open, leave } = this.#enter(tree);
    const onEnd = (): void => {
      open.tenants.delete(tenant);
      leave();
    };
    const tenant = new Tenant({ tree, ledger: open.ledger, meters, isCounting, onEnd });
    open.tenants.add(tenant);
    // It has changed what it will, since it did not know yet that all is counted.
    if (!isCounting) open.ledger.doubt();
    tenant.turn(isLimited(this.#parts.quotaOf(tree)));
    return tenant;
  }

  get isAny(): boolean {
    for (const tree of this.#parts.trees()) if (isLimited(this.#parts.quotaOf(tree))) return true;
    return false;
  }

  async show(): Promise<readonly TreeUsage[]> {
    const shown: TreeUsage[] = [];
    for (const tree of this.#parts.trees()) {
      const quota = this.#parts.quotaOf(tree);
      if (!isLimited(quota)) continue;
      const used = this.#open.get(tree)?.ledger.used ?? (await this.#files.of(tree).load());
      shown.push({ tree, used, quota });
    }
    return shown;
  }

  async scan(tree: Tree): Promise<Usage> {
    const { open, leave } = this.#enter(tree);
    try {
      return await open.ledger.scan();
    } finally {
      leave();
    }
  }

  limitsChanged(): void {
    for (const [tree, open] of this.#open) this.#turn(tree, open);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#open.entries()].map(([tree, open]) => this.#rest(tree, open)));
    await this.#files.close().catch((error: unknown) => {
      this.#parts.log.unexpected(error, 'saving what is in the trees');
    });
  }

  #enter(tree: Tree): { open: OpenTree; leave: () => void } {
    const open = this.#open.get(tree) ?? this.#openTree(tree);
    open.users += 1;
    clearTimeout(open.resting);
    const leave = (): void => {
      open.users -= 1;
      if (open.users === 0) this.#restLater(tree, open);
    };
    return { open, leave };
  }

  #openTree(tree: Tree): OpenTree {
    const tenants = new Set<Tenant>();
    const ledger = new TreeLedger({
      quota: () => this.#parts.quotaOf(tree),
      store: this.#files.of(tree),
      count: (countOf) => this.#count(tree, countOf),
      allCount: async () => {
        await Promise.all([meter.turning, ...[...tenants].map(({ turning }) => turning)]);
      },
      askBack: async (inodes) => {
        await Promise.all([...tenants].map((tenant) => tenant.takeBack(inodes)));
      },
      aheadBytes: this.#parts.aheadBytes ?? AHEAD_BYTES,
    });
    const meter = new TreeMeter(ledger);
    const open: OpenTree = { ledger, meter, tenants, users: 0, resting: undefined };
    this.#open.set(tree, open);
    this.#turn(tree, open);
    return open;
  }

  #turn(tree: Tree, { ledger, meter, tenants }: OpenTree): void {
    const isOn = isLimited(this.#parts.quotaOf(tree));
    for (const tenant of tenants) tenant.turn(isOn);
    if (isOn) {
      ledger.turnOn();
      meter.turnOn();
      return;
    }
    meter.turnOff();
    ledger.turnOff().catch((error: unknown) => {
      this.#parts.log.unexpected(error, 'forgetting what is in a tree without a quota', { tree });
    });
  }

  /** Whoever comes again begins with what was saved. */
  async #rest(tree: Tree, open: OpenTree): Promise<void> {
    if (open.users > 0) return;
    try {
      await open.ledger.rest();
    } catch (error) {
      this.#parts.log.unexpected(error, 'saving what is in a tree', { tree });
    }
    if (open.users > 0) return;
    // There must not be two books of one tree: what a session that has ended is still doing is written into this one.
    if (!open.ledger.isAtRest || !open.meter.isIdle) return this.#restLater(tree, open);
    clearTimeout(open.resting);
    if (this.#open.get(tree) === open) this.#open.delete(tree);
  }

  #restLater(tree: Tree, open: OpenTree): void {
    clearTimeout(open.resting);
    if (this.#closing.signal.aborted) return;
    open.resting = setTimeout(() => void this.#rest(tree, open), this.#parts.restMs ?? REST_MS).unref();
  }

  async #count(tree: Tree, countOf: Parameters<typeof countTree>[0]['countOf']): Promise<Usage> {
    const { openTree, openDeep, log } = this.#parts;
    const { signal } = this.#closing;
    const startedMs = performance.now();
    try {
      const jail = await openTree(tree);
      if (jail === undefined) return { bytes: 0, files: 0 };
      try {
        const usage = await countTree({ jail, openDeep, countOf, signal });
        if (signal.aborted) throw new FileError('cancelled');
        log.info('counted what is in a tree', {
          tree,
          ...usage,
          durationMs: Math.round(performance.now() - startedMs),
        });
        return usage;
      } finally {
        jail.close();
      }
    } catch (error) {
      const name = errnoName(error);
      if (name === undefined) throw error;
      const id = log.unexpected(error, 'counting what is in a tree', { tree });
      throw new FileError(codeOfErrno(name), { detail: `what is in here can't be counted (${id})`, cause: error });
    }
  }
}

/** Whether it limits anything. */
export function isLimited({ bytes, files }: Quota): boolean {
  return bytes !== undefined || files !== undefined;
}
