// The answer to statvfs@openssh.com, as ssh2 has it, and ours.

import type { Space } from '../model/entry.ts';
import { FileError } from '../model/error.ts';

export interface WireSpace {
  readonly f_frsize: number;
  readonly f_blocks: number;
  readonly f_bfree: number;
  readonly f_bavail: number;
  readonly f_files: number;
  readonly f_ffree: number;
  readonly f_namemax: number;
}

export function spaceFromWire(wire: WireSpace | undefined, path: string): Space {
  if (wire === undefined || typeof wire.f_frsize !== 'number') {
    throw new FileError('io-error', { path, detail: 'bad answer' });
  }
  return {
    blockBytes: wire.f_frsize,
    totalBlocks: wire.f_blocks,
    freeBlocks: wire.f_bfree,
    availableBlocks: wire.f_bavail,
    totalFiles: wire.f_files,
    freeFiles: wire.f_ffree,
    maxNameBytes: wire.f_namemax,
  };
}
