// The extensions served, in one table: what VERSION advertises and how each extended request is read. The formats are
// those of OpenSSH's PROTOCOL, section 4, and of draft-ietf-secsh-filexfer-extensions-00.

import { readAttributes } from './attributes.ts';
import { Reader } from './reader.ts';
import type { RangeToHash, RequestDecoder } from './requests.ts';

interface Extension {
  readonly name: string;
  /** What VERSION says of it: clients use an extension of OpenSSH only with the version they know. */
  readonly version: string;
  readonly decode: RequestDecoder;
}

/** Those of OpenSSH in the order in which it advertises them, then the others. */
export const EXTENSIONS: readonly Extension[] = [
  {
    name: 'posix-rename@openssh.com',
    version: '1',
    decode: (id, r) => ({ kind: 'posix-rename', id, from: r.text(), to: r.text() }),
  },
  { name: 'statvfs@openssh.com', version: '2', decode: (id, r) => ({ kind: 'statvfs', id, path: r.text() }) },
  { name: 'fstatvfs@openssh.com', version: '2', decode: (id, r) => ({ kind: 'fstatvfs', id, handle: r.bytes() }) },
  {
    name: 'hardlink@openssh.com',
    version: '1',
    decode: (id, r) => ({ kind: 'hardlink', id, existing: r.text(), path: r.text() }),
  },
  { name: 'fsync@openssh.com', version: '1', decode: (id, r) => ({ kind: 'fsync', id, handle: r.bytes() }) },
  {
    name: 'lsetstat@openssh.com',
    version: '1',
    decode: (id, r) => ({ kind: 'lsetstat', id, path: r.text(), attributes: readAttributes(r) }),
  },
  { name: 'limits@openssh.com', version: '1', decode: (id) => ({ kind: 'limits', id }) },
  { name: 'expand-path@openssh.com', version: '1', decode: (id, r) => ({ kind: 'expand-path', id, path: r.text() }) },
  {
    name: 'copy-data',
    version: '1',
    decode: (id, r) => ({
      kind: 'copy-data',
      id,
      source: r.bytes(),
      sourceOffset: r.u64(),
      length: r.u64(),
      target: r.bytes(),
      targetOffset: r.u64(),
    }),
  },
  { name: 'home-directory', version: '1', decode: (id, r) => ({ kind: 'home-directory', id, user: r.text() }) },
  {
    name: 'users-groups-by-id@openssh.com',
    version: '1',
    decode: (id, r) => ({ kind: 'users-groups-by-id', id, uids: readNumbers(r.bytes()), gids: readNumbers(r.bytes()) }),
  },
  // Our own. Names below .alt are nobody's in the DNS (RFC 9476).
  { name: 'cancel@sshome.alt', version: '1', decode: (id, r) => ({ kind: 'cancel', id, handle: r.bytes() }) },
  // In the draft "check-file" is only what VERSION says; paramiko sends a request of that name, with a handle.
  {
    name: 'check-file',
    version: '1',
    decode: (id, r) => ({
      kind: 'check-file',
      id,
      file: { by: 'handle', handle: r.bytes(), named: true },
      ...readRange(r),
    }),
  },
  {
    name: 'check-file-handle',
    version: '1',
    decode: (id, r) => ({
      kind: 'check-file',
      id,
      file: { by: 'handle', handle: r.bytes(), named: false },
      ...readRange(r),
    }),
  },
  {
    name: 'check-file-name',
    version: '1',
    decode: (id, r) => ({ kind: 'check-file', id, file: { by: 'name', path: r.text() }, ...readRange(r) }),
  },
  {
    name: 'space-available',
    version: '1',
    decode: (id, r) => ({ kind: 'space-available', id, path: r.text() }),
  },
  {
    name: 'vendor-id',
    // Vendor, product, version, and a build number of 64 bits. The version is nobody's business, as in the
    // identification of the SSH server.
    version: `${field('sshome')}${field('sshome')}${field('')}${'\0'.repeat(8)}`,
    decode: (id, r) => {
      const request = { kind: 'vendor-id', id, vendor: r.text(), product: r.text(), version: r.text() } as const;
      r.u64();
      return request;
    },
  },
];

/** A string of the wire, as text, for less than 128 characters of ASCII. */
function field(text: string): string {
  return `\0\0\0${String.fromCharCode(text.length)}${text}`;
}

function readRange(reader: Reader): RangeToHash {
  return { algorithms: reader.text(), offset: reader.u64(), length: reader.u64(), blockBytes: reader.u32() };
}

/** A string that holds 32-bit numbers; a rest of one to three bytes is passed over, as after any last field. */
function readNumbers(bytes: Buffer): number[] {
  const reader = new Reader(bytes);
  const numbers: number[] = [];
  while (reader.left >= 4) numbers.push(reader.u32());
  return numbers;
}
