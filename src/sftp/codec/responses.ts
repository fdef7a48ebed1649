// What a server answers -> bytes, each a whole packet with its length in front (section 7).

import { byteLength } from '../../model/bytes.ts';
import type { Attributes, Space } from '../../model/entry.ts';
import { ATTRIBUTES_BYTES, type TimeRange, writeAttributes } from './attributes.ts';
import { PROTOCOL_VERSION, RESPONSE, SPACE_FLAG, type StatusCode } from './constants.ts';
import { EXTENSIONS } from './extensions.ts';
import { LENGTH_BYTES, Writer } from './writer.ts';

/** One name of a NAME reply. */
export interface Name {
  readonly name: string;
  /** The line to show for it; see longname.ts. */
  readonly longname: string;
  /** Absent where the draft has dummy attributes (REALPATH, READLINK). */
  readonly attributes?: Attributes;
}

/** What limits@openssh.com tells (OpenSSH PROTOCOL, section 4.8). */
export interface ToldLimits {
  readonly packetBytes: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly handles: number;
}

export function versionResponse(): Buffer {
  const writer = new Writer(RESPONSE.version, 512).u32(PROTOCOL_VERSION);
  for (const { name, version } of EXTENSIONS) writer.text(name).text(version);
  return writer.end();
}

/** `text` is in English, and without a language tag, as OpenSSH sends it. */
export function statusResponse(id: number, status: StatusCode, text: string): Buffer {
  return new Writer(RESPONSE.status).u32(id).u32(status).text(text).text('').end();
}

export function handleResponse(id: number, handle: Buffer): Buffer {
  return new Writer(RESPONSE.handle).u32(id).bytes(handle).end();
}

export function attributesResponse(id: number, attributes: Attributes, times?: TimeRange): Buffer {
  const writer = new Writer(RESPONSE.attributes).u32(id);
  writeAttributes(writer, attributes, times);
  return writer.end();
}

export function nameResponse(id: number, names: readonly Name[], times?: TimeRange): Buffer {
  const size = names.reduce((sum, name) => sum + nameBytes(name), NAME_HEAD_BYTES);
  const writer = new Writer(RESPONSE.name, size).u32(id).u32(names.length);
  for (const { name, longname, attributes } of names) {
    writer.text(name).text(longname);
    writeAttributes(writer, attributes, times);
  }
  return writer.end();
}

const NAME_HEAD_BYTES = LENGTH_BYTES + 1 + 4 + 4;

/** How long `name` makes a NAME reply. */
export function nameBytes({ name, longname }: Name): number {
  return 4 + byteLength(name) + 4 + byteLength(longname) + ATTRIBUTES_BYTES;
}

/** How much longer a DATA reply is than its content. */
export const DATA_HEAD_BYTES: number = LENGTH_BYTES + 1 + 4 + 4;

/** A DATA reply still to be filled: the file is read straight into it, and nothing is copied on the way out. */
export interface DataReply {
  /** Where the content goes. */
  readonly content: Uint8Array;
  /** The finished reply, of the first `count` bytes of the content. */
  end(id: number, count: number): Buffer;
}

/** @param packet where the reply is made; DATA_HEAD_BYTES longer than the most bytes that it will hold */
export function dataReply(packet: Buffer): DataReply {
  return {
    content: packet.subarray(DATA_HEAD_BYTES),
    end(id, count) {
      packet.writeUInt32BE(DATA_HEAD_BYTES - LENGTH_BYTES + count, 0);
      packet.writeUInt8(RESPONSE.data, 4);
      packet.writeUInt32BE(id, 5);
      packet.writeUInt32BE(count, 9);
      return packet.subarray(0, DATA_HEAD_BYTES + count);
    },
  };
}

/** The reply to statvfs@openssh.com and fstatvfs@openssh.com (OpenSSH PROTOCOL, section 4.4). */
export function spaceResponse(id: number, space: Space): Buffer {
  return new Writer(RESPONSE.extendedReply, 128)
    .u32(id)
    .u64(space.blockBytes)
    .u64(space.blockBytes)
    .u64(space.totalBlocks)
    .u64(space.freeBlocks)
    .u64(space.availableBlocks)
    .u64(space.totalFiles)
    .u64(space.freeFiles)
    .u64(space.freeFiles)
    .u64(0) // the file system's id is nobody's business
    .u64(SPACE_FLAG.noSetId)
    .u64(space.maxNameBytes)
    .end();
}

/** The reply to space-available (draft-ietf-secsh-filexfer-extensions-00): in bytes, of the device and of the user. */
export function roomResponse(id: number, space: Space): Buffer {
  const used = space.totalBlocks - space.freeBlocks;
  return new Writer(RESPONSE.extendedReply)
    .u32(id)
    .u64(space.totalBlocks * space.blockBytes)
    .u64(space.freeBlocks * space.blockBytes)
    .u64((used + space.availableBlocks) * space.blockBytes)
    .u64(space.availableBlocks * space.blockBytes)
    .u32(space.blockBytes)
    .end();
}

/**
 * The reply to check-file-name and check-file-handle (draft-ietf-secsh-filexfer-extensions-00, section 3): which
 * algorithm was used, then the digests, without lengths. `named` puts the name of the extension in front.
 */
export function digestsResponse(
  id: number,
  {
    algorithm,
    digests,
    named,
  }: { readonly algorithm: string; readonly digests: readonly Buffer[]; readonly named: boolean },
): Buffer {
  const writer = new Writer(RESPONSE.extendedReply, 128).u32(id);
  if (named) writer.text('check-file');
  writer.text(algorithm);
  for (const digest of digests) writer.raw(digest);
  return writer.end();
}

export function limitsResponse(id: number, limits: ToldLimits): Buffer {
  return new Writer(RESPONSE.extendedReply)
    .u32(id)
    .u64(limits.packetBytes)
    .u64(limits.readBytes)
    .u64(limits.writeBytes)
    .u64(limits.handles)
    .end();
}

/** The reply to users-groups-by-id@openssh.com: two strings that hold strings (OpenSSH PROTOCOL, section 4.12). */
export function ownersResponse(id: number, users: readonly string[], groups: readonly string[]): Buffer {
  const writer = new Writer(RESPONSE.extendedReply, 512).u32(id);
  for (const names of [users, groups]) {
    writer.u32(names.reduce((sum, name) => sum + 4 + byteLength(name), 0));
    for (const name of names) writer.text(name);
  }
  return writer.end();
}
