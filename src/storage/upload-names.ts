// The names that atomic uploads have while they are not finished. No user can see or name them: listings leave them out,
// and the walk refuses them, whoever wrote them and wherever they stand, also in the target of a link.
//
//   .sshome-upload.HASH.RANDOM   being written, or left by a server that was killed
//   .sshome-upload.HASH.part     cut off, to be resumed
//
// HASH is of the name that the upload will have: so what is left of it is found without a search, however long it is.

import { createHash, randomBytes } from 'node:crypto';
import { encodeBytes } from '../model/bytes.ts';

const PREFIX = '.sshome-upload.';
const PARTIAL = '.part';

/** Whether no user may see or use this name. */
export function isReservedName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** A new name for an upload of `name`. */
export function temporaryNameOf(name: string): string {
  return `${PREFIX}${hashOf(name)}.${randomBytes(8).toString('hex')}`;
}

/** The name for what is left of an upload of `name` that was cut off. */
export function partialNameOf(name: string): string {
  return `${PREFIX}${hashOf(name)}${PARTIAL}`;
}

/** The partial name that goes with a temporary one; undefined for what is a partial name already, or none of ours. */
export function partialOfTemporary(temporary: string): string | undefined {
  const match = /^(\.sshome-upload\.[0-9a-f]{32})\.[0-9a-f]{16}$/.exec(temporary);
  return match === null ? undefined : `${match[1]}${PARTIAL}`;
}

/** What the names of one upload have in common: the HASH. Of a reserved name that is none of ours, all that follows. */
export function hashIn(reserved: string): string {
  return reserved.slice(PREFIX.length).replace(/^([0-9a-f]{32})\..*$/s, '$1');
}

function hashOf(name: string): string {
  return createHash('sha256').update(encodeBytes(name)).digest('hex').slice(0, 32);
}
