// Between the attributes of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 5), as ssh2 has them, and ours.

import type { AttributeChanges, Attributes, EntryKind } from '../model/entry.ts';

/** What a server tells of a file; it may leave out anything. */
export interface WireAttributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: number;
  readonly mtime?: number;
}

const MAX_SECONDS = 0xffff_ffff;

/** By the type bits of the mode. Not an object: Biome 2.6 rewrites octal keys, and to wrong numbers. */
const KIND_OF_TYPE: ReadonlyMap<number, EntryKind> = new Map([
  [0o040000, 'directory'],
  [0o100000, 'file'],
  [0o120000, 'link'],
]);

export function attributesFromWire(wire: WireAttributes): Attributes {
  const mode = wire.mode ?? 0;
  return {
    kind: KIND_OF_TYPE.get(mode & 0o170000) ?? 'other',
    mode,
    sizeBytes: wire.size ?? 0,
    uid: wire.uid ?? 0,
    gid: wire.gid ?? 0,
    linkCount: 1,
    accessedMs: (wire.atime ?? 0) * 1000,
    modifiedMs: (wire.mtime ?? 0) * 1000,
  };
}

/** Times are cut to what 32 bits of seconds since 1970 can say. */
export function attributesToWire({ mode, sizeBytes, owner, times }: AttributeChanges): WireAttributes {
  return {
    ...(mode === undefined ? {} : { mode: mode & 0o7777 }),
    ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
    ...(owner === undefined ? {} : owner),
    ...(times === undefined ? {} : { atime: seconds(times.accessedMs), mtime: seconds(times.modifiedMs) }),
  };
}

function seconds(ms: number): number {
  return Math.min(Math.max(Math.floor(ms / 1000), 0), MAX_SECONDS);
}
