// Another process in one tree, as the ledger meets it: hands on what it asks, and remembers what it has, so that all of
// it can be taken back when the process is gone. Lets it pay ahead. Knows nothing of how the two speak.

import type { Quota } from '../model/rules.ts';
import type { Tree, Usage } from '../model/usage.ts';
import type { MeterSwitch } from './keeper.ts';
import type { Credit, Grant, Inode, Ledger, Refusal } from './ledger.ts';
import type { TreeLedger } from './tree-ledger.ts';

export interface TenantParts {
  readonly tree: Tree;
  readonly ledger: TreeLedger;
  readonly meters: MeterSwitch;
  /** Whether its meter tells of all that it changes. */
  readonly isCounting: boolean;
  readonly onEnd: () => void;
}

export class Tenant implements Ledger {
  readonly #parts: TenantParts;
  readonly #ledger: TreeLedger;
  #isCounting: boolean;
  #turning: Promise<void> = Promise.resolve();
  #locks = 0;
  /** How often it holds each file: once, but for one that is closed and opened at the same moment. */
  readonly #held = new Map<Inode, number>();
  readonly #credits = new Set<Inode>();
  /** What it has asked, and is not answered yet. */
  readonly #asked = new Set<Promise<unknown>>();
  /** It may have changed what it did not tell of. */
  #isLost = false;
  #isGone = false;

  constructor(parts: TenantParts) {
    this.#parts = parts;
    this.#ledger = parts.ledger;
    this.#isCounting = parts.isCounting;
  }

  /** Settles when its meter has turned as it was told, or the process is gone; never rejects. */
  get turning(): Promise<void> {
    return this.#turning;
  }

  /** Has its meter count from now on, or no more. */
  turn(isCounting: boolean): void {
    if (this.#isCounting === isCounting || this.#isGone) return;
    this.#isCounting = isCounting;
    // So has the ledger, of all.
    if (!isCounting) this.#forget();
    const { tree, meters } = this.#parts;
    const turn = async (): Promise<void> => {
      try {
        await meters.turn(tree, isCounting);
        // What it told until then it told for nothing.
        if (!isCounting) this.#forget();
      } catch {
        // It is gone, or about to be, with changes that it has not told of.
        this.#isLost = true;
      }
    };
    this.#turning = this.#turning.then(turn);
  }

  /** Takes back what it was let pay ahead for those of the files that it has open. */
  async takeBack(inodes: readonly Inode[]): Promise<void> {
    const { tree, meters } = this.#parts;
    const own = inodes.filter((inode) => this.#held.has(inode));
    if (own.length === 0 || this.#isGone) return;
    const needed = await meters.takeBack(tree, own).catch(() => []);
    for (const [index, bytes] of needed.entries()) {
      const inode = own[index];
      if (inode !== undefined && bytes !== undefined) this.#ledger.takeBack(inode, bytes);
    }
  }

  /** It uses the tree no more. What it still has, if anything, it has left in the midst of it: the process is gone. */
  async end(): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    const has = this.#locks + this.#held.size + this.#credits.size + this.#asked.size;
    for (; this.#locks > 0; this.#locks -= 1) await this.#ledger.unlock();
    await Promise.allSettled(this.#asked);
    if (has > 0 || this.#isLost) {
      this.#forget();
      this.#ledger.doubt();
    }
    this.#parts.onEnd();
  }

  lock(): Promise<void> {
    return this.#ask(async () => {
      await this.#ledger.lock();
      if (this.#isGone) await this.#ledger.unlock();
      else this.#locks += 1;
    });
  }

  async unlock(): Promise<void> {
    if (this.#locks === 0) return;
    this.#locks -= 1;
    await this.#ledger.unlock();
  }

  take(amount: Usage): Promise<Refusal | undefined> {
    return this.#ask(() => this.#ledger.take(amount));
  }

  credit(of: Inode): Promise<boolean> {
    return this.#ask(async () => {
      const isGiven = await this.#ledger.credit(of);
      if (isGiven) this.#credits.add(of);
      return isGiven;
    });
  }

  uncredit(of: Inode): Promise<void> {
    this.#credits.delete(of);
    return this.#ask(() => this.#ledger.uncredit(of));
  }

  hold(inode: Inode, credit?: Credit): Promise<number | undefined> {
    this.#held.set(inode, (this.#held.get(inode) ?? 0) + 1);
    // It ends with the file.
    if (credit !== undefined) this.#credits.delete(credit.of);
    return this.#ask(async () => {
      const paidBytes = await this.#ledger.hold(inode, credit);
      // Who else has it open could not know that this one writes, too.
      if (!this.#ledger.isAhead(inode)) return paidBytes;
      await this.#ledger.askBack([inode]);
      return this.#ledger.paidFor(inode);
    });
  }

  known(inode: Inode, sizeBytes: number, hasName: boolean): Promise<number> {
    return this.#ask(async () => (this.#has(inode) ? this.#ledger.known(inode, sizeBytes, hasName) : sizeBytes));
  }

  extend(inode: Inode, bytes: number, isAppend: boolean): Promise<Grant> {
    return this.#ask(async () => {
      // Nothing was counted meanwhile: so it is not known here.
      if (!this.#has(inode)) return { paidBytes: isAppend ? 0 : bytes };
      const grant = await this.#ledger.extend(inode, bytes, isAppend);
      if ('refusal' in grant || isAppend) return grant;
      return { paidBytes: this.#ledger.payAhead(inode) ?? grant.paidBytes };
    });
  }

  settle(inode: Inode, sizeBytes: number): Promise<void> {
    return this.#ask(async () => (this.#has(inode) ? this.#ledger.settle(inode, sizeBytes) : undefined));
  }

  beginReplacing(by: Inode | undefined, old: Inode | undefined, isSole: boolean): Promise<Refusal | undefined> {
    return this.#ask(() => this.#ledger.beginReplacing(this.#own(by), this.#own(old), isSole));
  }

  endReplacing(by: Inode | undefined, old: Inode | undefined, isSole: boolean, isDone: boolean): Promise<void> {
    return this.#ask(() => this.#ledger.endReplacing(this.#own(by), this.#own(old), isSole, isDone));
  }

  release(inode: Inode): Promise<boolean> {
    return this.#ask(async () => {
      const isDone = !this.#has(inode) || (await this.#ledger.release(inode));
      if (isDone) this.#letGo(inode);
      return isDone;
    });
  }

  account(): Promise<{ used: Usage; quota: Quota }> {
    return this.#ask(() => this.#ledger.account());
  }

  #ask<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const asked = ask();
    this.#asked.add(asked);
    const forget = (): void => void this.#asked.delete(asked);
    asked.then(forget, forget);
    return asked;
  }

  #has(inode: Inode): boolean {
    return this.#held.has(inode);
  }

  #own(inode: Inode | undefined): Inode | undefined {
    return inode !== undefined && this.#has(inode) ? inode : undefined;
  }

  #letGo(inode: Inode): void {
    const times = this.#held.get(inode) ?? 0;
    if (times > 1) this.#held.set(inode, times - 1);
    else this.#held.delete(inode);
  }

  #forget(): void {
    for (const [inode, times] of this.#held) this.#ledger.forget(inode, times);
    for (const of of this.#credits) void this.#ledger.uncredit(of);
    this.#held.clear();
    this.#credits.clear();
  }
}
