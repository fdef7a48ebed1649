// The ATTRS structure (section 5): what a client asks to set, and what is known of a file.

import type { Attributes } from '../../model/entry.ts';
import { ATTRIBUTE_FLAG } from './constants.ts';
import type { Reader, Wide } from './reader.ts';
import type { Writer } from './writer.ts';

/** Attributes as a client sends them: what is absent was not sent, and values are not judged yet. */
export interface SentAttributes {
  readonly size?: Wide;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly permissions?: number;
  /** Whole seconds since 1970. */
  readonly times?: { readonly accessed: number; readonly modified: number };
}

/** Bytes of an ATTRS as `writeAttributes` writes it. */
export const ATTRIBUTES_BYTES = 32;

const ALL_FLAGS = ATTRIBUTE_FLAG.size | ATTRIBUTE_FLAG.owner | ATTRIBUTE_FLAG.permissions | ATTRIBUTE_FLAG.times;

/** How the seconds of a time are written: as the draft has it, or for clients that read them as a signed number. */
export type TimeRange = 'unsigned' | 'signed';

const SECONDS: Readonly<Record<TimeRange, { readonly earliest: number; readonly latest: number }>> = {
  unsigned: { earliest: 0, latest: 0xffffffff },
  signed: { earliest: -0x80000000, latest: 0x7fffffff },
};

/** Reads flags and the fields they announce. Extended pairs are read over; unknown flags announce nothing. */
export function readAttributes(reader: Reader): SentAttributes {
  const flags = reader.u32();
  const attributes: SentAttributes = {
    ...(flags & ATTRIBUTE_FLAG.size ? { size: reader.u64() } : {}),
    ...(flags & ATTRIBUTE_FLAG.owner ? { owner: { uid: reader.u32(), gid: reader.u32() } } : {}),
    ...(flags & ATTRIBUTE_FLAG.permissions ? { permissions: reader.u32() } : {}),
    ...(flags & ATTRIBUTE_FLAG.times ? { times: { accessed: reader.u32(), modified: reader.u32() } } : {}),
  };
  if (flags & ATTRIBUTE_FLAG.extended) {
    // Each pair takes at least eight bytes, so a lie about their count ends at the packet's end.
    for (let pairs = reader.u32(); pairs > 0 && !reader.failed; pairs -= 1) {
      reader.bytes();
      reader.bytes();
    }
  }
  return attributes;
}

/** Writes all that version 3 can say of a file; without attributes, that nothing is known. */
export function writeAttributes(
  writer: Writer,
  attributes: Attributes | undefined,
  times: TimeRange = 'unsigned',
): void {
  if (attributes === undefined) {
    writer.u32(0);
    return;
  }
  writer
    .u32(ALL_FLAGS)
    .u64(attributes.sizeBytes)
    .u32(attributes.uid >>> 0)
    .u32(attributes.gid >>> 0)
    .u32(attributes.mode >>> 0)
    .u32(seconds(attributes.accessedMs, times))
    .u32(seconds(attributes.modifiedMs, times));
}

/** A time that does not fit becomes the nearest that does, never a wrapped one; what is no time at all, 1970. */
function seconds(timeMs: number, times: TimeRange): number {
  const { earliest, latest } = SECONDS[times];
  const whole = Number.isNaN(timeMs) ? 0 : Math.floor(timeMs / 1000);
  return Math.min(Math.max(whole, earliest), latest) >>> 0;
}
