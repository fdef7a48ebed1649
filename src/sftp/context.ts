// What a handler may use, and what it makes of a request. No handler sees the stream, and none sends anything itself.

import type { Files } from '../model/files.ts';
import type { Log } from '../model/log.ts';
import type { TimeRange } from './codec/attributes.ts';
import type { Request, RequestKind } from './codec/requests.ts';
import type { HandleTable } from './handles.ts';
import type { SftpLimits } from './limits.ts';
import type { OwnerNames } from './longname.ts';
import type { Claim } from './order.ts';
import type { Quirks } from './quirks.ts';

export interface Context {
  readonly files: Files;
  readonly handles: HandleTable;
  readonly limits: SftpLimits;
  /** The name of the session's user. */
  readonly user: string;
  readonly owners: () => Promise<OwnerNames>;
  readonly quirks: Quirks;
  /** How times are written for this client. */
  readonly times: TimeRange;
  readonly log: Log;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** A request that was understood, waiting for its turn. */
export interface Work {
  readonly claim: Claim;
  /** About how long the reply may be; counted against the session's memory. */
  readonly replyBytes?: number;
  /**
   * Does it. Resolves to the reply, a whole packet; what it throws becomes a STATUS (status.ts). Work that takes long
   * calls `letOthersGo` when what it still does can't meet anything that comes after it.
   */
  run(letOthersGo: () => void): Promise<Buffer>;
}

/**
 * Called in the order in which requests arrived, and without waiting: handles are looked up here, so that a CLOSE
 * counts for all that comes after it. What it throws is the answer.
 */
export type Handler<K extends RequestKind> = (context: Context, request: Request<K>) => Work;

/** Work that looks something up by path. */
export function looking(run: Work['run'], replyBytes = 0): Work {
  return { claim: { handles: [], paths: true, changes: false }, run, replyBytes };
}

/** Work that changes something by path. */
export function changing(run: () => Promise<Buffer>): Work {
  return { claim: { handles: [], paths: true, changes: true }, run };
}

/** Work that reads from a handle. */
export function reading(handle: object, run: () => Promise<Buffer>, replyBytes = 0): Work {
  return { claim: { handles: [handle], paths: false, changes: false }, run, replyBytes };
}

/** Work that changes what a handle is open on, or the handle's own state. */
export function altering(handles: readonly object[], run: () => Promise<Buffer>, replyBytes = 0): Work {
  return { claim: { handles, paths: false, changes: true }, run, replyBytes };
}

/** Work that needs no file. */
export function answering(run: () => Promise<Buffer>): Work {
  return { claim: { handles: [], paths: false, changes: false }, run };
}
