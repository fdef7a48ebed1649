// Bytes -> what a client asks. One row for each packet type; extended requests stand in extensions.ts. Judges the form
// alone: whether a handle exists or a path may be named is for the handlers.

import { readAttributes, type SentAttributes } from './attributes.ts';
import { REQUEST } from './constants.ts';
import { EXTENSIONS } from './extensions.ts';
import { ProtocolError } from './protocol-error.ts';
import { Reader, type Wide } from './reader.ts';

/** The fields of each request, in wire order (section 6; for extensions see extensions.ts). */
interface RequestFields {
  open: { readonly path: string; readonly flags: number; readonly attributes: SentAttributes };
  close: { readonly handle: Buffer };
  read: { readonly handle: Buffer; readonly offset: Wide; readonly length: number };
  write: { readonly handle: Buffer; readonly offset: Wide; readonly data: Buffer };
  lstat: { readonly path: string };
  fstat: { readonly handle: Buffer };
  setstat: { readonly path: string; readonly attributes: SentAttributes };
  fsetstat: { readonly handle: Buffer; readonly attributes: SentAttributes };
  opendir: { readonly path: string };
  readdir: { readonly handle: Buffer };
  remove: { readonly path: string };
  mkdir: { readonly path: string; readonly attributes: SentAttributes };
  rmdir: { readonly path: string };
  realpath: { readonly path: string };
  stat: { readonly path: string };
  rename: { readonly from: string; readonly to: string };
  readlink: { readonly path: string };
  /** Which of the two is the link depends on the client: see quirks.ts. */
  symlink: { readonly first: string; readonly second: string };
  'posix-rename': { readonly from: string; readonly to: string };
  statvfs: { readonly path: string };
  fstatvfs: { readonly handle: Buffer };
  hardlink: { readonly existing: string; readonly path: string };
  fsync: { readonly handle: Buffer };
  cancel: { readonly handle: Buffer };
  lsetstat: { readonly path: string; readonly attributes: SentAttributes };
  limits: object;
  'expand-path': { readonly path: string };
  'copy-data': {
    readonly source: Buffer;
    readonly sourceOffset: Wide;
    /** 0: to the end of the file. */
    readonly length: Wide;
    readonly target: Buffer;
    readonly targetOffset: Wide;
  };
  'check-file': RangeToHash & { readonly file: HashedFile };
  'space-available': { readonly path: string };
  'vendor-id': { readonly vendor: string; readonly product: string; readonly version: string };
  'home-directory': { readonly user: string };
  'users-groups-by-id': { readonly uids: readonly number[]; readonly gids: readonly number[] };
}

/** Which bytes check-file hashes, and how. */
export interface RangeToHash {
  /** Names of hash algorithms, comma-separated, the best first. */
  readonly algorithms: string;
  readonly offset: Wide;
  /** 0: to the end of the file. */
  readonly length: Wide;
  /** One digest for each block of so many bytes; 0: one digest in all. */
  readonly blockBytes: number;
}

/** By which of its three names check-file was asked for. The third is paramiko's, and has a reply of its own. */
export type HashedFile =
  | { readonly by: 'name'; readonly path: string }
  | { readonly by: 'handle'; readonly handle: Buffer; readonly named: boolean };

export type RequestKind = keyof RequestFields;

/** One request; `id` is the client's number for it, which the reply carries. */
export type Request<K extends RequestKind = RequestKind> = {
  [P in K]: { readonly kind: P; readonly id: number } & RequestFields[P];
}[K];

export type RequestDecoder = (id: number, reader: Reader) => Request;

export type Decoded =
  | { readonly outcome: 'request'; readonly request: Request }
  /** The type or the extension is none of ours. */
  | { readonly outcome: 'unknown'; readonly id: number; readonly what: string }
  /** The packet ends before its last field. */
  | { readonly outcome: 'malformed'; readonly id: number; readonly what: string };

const DECODERS: Readonly<Record<number, RequestDecoder>> = {
  [REQUEST.open]: (id, r) => ({
    kind: 'open',
    id,
    path: r.text(),
    flags: r.u32(),
    attributes: readAttributes(r),
  }),
  [REQUEST.close]: (id, r) => ({ kind: 'close', id, handle: r.bytes() }),
  [REQUEST.read]: (id, r) => ({ kind: 'read', id, handle: r.bytes(), offset: r.u64(), length: r.u32() }),
  [REQUEST.write]: (id, r) => ({ kind: 'write', id, handle: r.bytes(), offset: r.u64(), data: r.bytes() }),
  [REQUEST.lstat]: (id, r) => ({ kind: 'lstat', id, path: r.text() }),
  [REQUEST.fstat]: (id, r) => ({ kind: 'fstat', id, handle: r.bytes() }),
  [REQUEST.setstat]: (id, r) => ({ kind: 'setstat', id, path: r.text(), attributes: readAttributes(r) }),
  [REQUEST.fsetstat]: (id, r) => ({ kind: 'fsetstat', id, handle: r.bytes(), attributes: readAttributes(r) }),
  [REQUEST.opendir]: (id, r) => ({ kind: 'opendir', id, path: r.text() }),
  [REQUEST.readdir]: (id, r) => ({ kind: 'readdir', id, handle: r.bytes() }),
  [REQUEST.remove]: (id, r) => ({ kind: 'remove', id, path: r.text() }),
  [REQUEST.mkdir]: (id, r) => ({ kind: 'mkdir', id, path: r.text(), attributes: readAttributes(r) }),
  [REQUEST.rmdir]: (id, r) => ({ kind: 'rmdir', id, path: r.text() }),
  [REQUEST.realpath]: (id, r) => ({ kind: 'realpath', id, path: r.text() }),
  [REQUEST.stat]: (id, r) => ({ kind: 'stat', id, path: r.text() }),
  [REQUEST.rename]: (id, r) => ({ kind: 'rename', id, from: r.text(), to: r.text() }),
  [REQUEST.readlink]: (id, r) => ({ kind: 'readlink', id, path: r.text() }),
  [REQUEST.symlink]: (id, r) => ({ kind: 'symlink', id, first: r.text(), second: r.text() }),
};

const EXTENSION_BY_NAME: ReadonlyMap<string, RequestDecoder> = new Map(
  EXTENSIONS.map(({ name, decode }) => [name, decode]),
);

/** The version that INIT, the first packet of a session, names (section 4). @throws ProtocolError if it is no INIT. */
export function decodeInit(packet: Buffer): number {
  const reader = new Reader(packet);
  const type = reader.u8();
  const version = reader.u32();
  if (type !== REQUEST.init || reader.failed) throw new ProtocolError('the first packet is not an INIT');
  return version;
}

/**
 * Reads one packet, without its length. What follows the last field is passed over: clients are known to send it.
 *
 * @throws ProtocolError if there is no id to answer to, or on a second INIT.
 */
export function decodeRequest(packet: Buffer): Decoded {
  const reader = new Reader(packet);
  const type = reader.u8();
  if (type === REQUEST.init) throw new ProtocolError('a second INIT');
  const id = reader.u32();
  if (reader.failed) throw new ProtocolError(`a packet of type ${type} without a request id`);
  if (type === REQUEST.extended) return decodeExtended(id, reader);
  const decode = DECODERS[type];
  if (decode === undefined) return { outcome: 'unknown', id, what: `type ${type}` };
  const request = decode(id, reader);
  return reader.failed ? { outcome: 'malformed', id, what: request.kind } : { outcome: 'request', request };
}

function decodeExtended(id: number, reader: Reader): Decoded {
  const name = reader.text();
  if (reader.failed) return { outcome: 'malformed', id, what: 'extended' };
  const decode = EXTENSION_BY_NAME.get(name);
  if (decode === undefined) return { outcome: 'unknown', id, what: name };
  const request = decode(id, reader);
  return reader.failed ? { outcome: 'malformed', id, what: name } : { outcome: 'request', request };
}
