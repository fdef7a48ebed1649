// Which jail this host can have. Asked once, at start.

import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { heldPath, O_PATH, openJail } from './jail.ts';
import { openPortableJail } from './jail-portable.ts';
import type { HostPath, Jail, JailOptions } from './place.ts';

/** `held`: nothing a race can win (Linux with /proc). `portable`: the weaker fallback, for development. */
export type JailKind = 'held' | 'portable';

export const openJailOf: Readonly<Record<JailKind, (host: HostPath, options: JailOptions) => Promise<Jail>>> = {
  held: openJail,
  portable: openPortableJail,
};

/**
 * Opens a folder that lies deeper than a path of the host can say. Nobody can tell on which mount it is, so `auto` takes
 * it for one that may hang.
 */
export function openDeepJail(kind: JailKind, host: HostPath, { walkMode, local }: JailOptions): Promise<Jail> {
  return openJailOf[kind](host, { walkMode: walkMode === 'auto' ? 'async' : walkMode, local });
}

/** Tries whether "/proc/<process>/fd/N" leads back to what descriptor N holds. */
export function chooseJail(): JailKind {
  if (process.platform !== 'linux') return 'portable';
  const descriptor = openSync('/', O_PATH | constants.O_DIRECTORY);
  try {
    const held = fstatSync(descriptor);
    const seen = statSync(`${heldPath(descriptor)}/.`, { throwIfNoEntry: false });
    return seen !== undefined && seen.ino === held.ino && seen.dev === held.dev ? 'held' : 'portable';
  } finally {
    closeSync(descriptor);
  }
}
