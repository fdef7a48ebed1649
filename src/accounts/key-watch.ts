// Finds out when a key that somebody is logged in by does not count any more. Looks once a second at the files of those
// users alone; the system's own notes of changes would not tell of a link, or of a network disk.

import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../model/log.ts';
import type { AuthorizedKeys } from './authorized-keys.ts';

export interface KeyWatchParts {
  readonly keys: Pick<AuthorizedKeys, 'list'>;
  /** Who is logged in by which key, a fingerprint. */
  readonly inUse: () => readonly { readonly user: string; readonly key: string | undefined }[];
  /** None of the keys of `user` that still count has this fingerprint. */
  readonly onRevoked: (user: string, key: string) => void;
  readonly log: Log;
  readonly pollMs?: number;
  /** How long a key must have been gone: an editor may empty a file before it writes. */
  readonly settleMs?: number;
}

export class KeyWatch {
  readonly #parts: Required<KeyWatchParts>;
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(parts: KeyWatchParts) {
    this.#parts = { pollMs: 1000, settleMs: 200, ...parts };
    this.#timer = setInterval(() => this.#begin(), this.#parts.pollMs).unref();
  }

  /** Resolves when nothing is looked at any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await this.#looking;
  }

  #begin(): void {
    // A disk that hangs is waited for once.
    if (this.#looking !== undefined) return;
    this.#looking = this.#look()
      .catch((error: unknown) => void this.#parts.log.unexpected(error, 'looking at the keys of who is logged in'))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    const gone = await this.#gone();
    if (gone.length === 0) return;
    const { signal } = this.#closing;
    await delay(this.#parts.settleMs, undefined, { ref: false, signal }).catch(() => undefined);
    if (signal.aborted) return;
    const stillGone = await this.#gone();
    for (const { user, key } of gone) {
      if (stillGone.some((one) => one.user === user && one.key === key)) this.#parts.onRevoked(user, key);
    }
  }

  async #gone(): Promise<{ user: string; key: string }[]> {
    const inUse = new Map<string, Set<string>>();
    for (const { user, key } of this.#parts.inUse()) {
      if (key !== undefined) inUse.set(user, (inUse.get(user) ?? new Set()).add(key));
    }
    const gone: { user: string; key: string }[] = [];
    for (const [user, fingerprints] of inUse) {
      const keys = await this.#keysOf(user);
      for (const key of fingerprints) {
        if (keys?.some(({ fingerprint }) => fingerprint === key) === false) gone.push({ user, key });
      }
    }
    return gone;
  }

  /** Undefined when that can't be told now, which says nothing of the keys of others. */
  async #keysOf(user: string): Promise<readonly { readonly fingerprint: string }[] | undefined> {
    try {
      return await this.#parts.keys.list(user);
    } catch (error) {
      this.#parts.log.unexpected(error, 'looking at the keys of who is logged in', { user });
      return undefined;
    }
  }
}
