// What a fuzzed session works on: the same few files, in memory or on the disk.

import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { FileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { openDiskFiles } from './disk-files.ts';
import { connect, connectTo, type DiskClient } from './raw-client.ts';

export interface Ground {
  readonly client: DiskClient;
  /** Files and folders that the session has open; on the disk, descriptors. */
  openCount(): number;
}

export type MakeGround = (t: ExecutionContext, greet?: boolean) => Promise<Ground>;

export async function inMemory(t: Pick<ExecutionContext, 'teardown'>, greet = true): Promise<Ground> {
  const client = await connect(t, { greet });
  client.files.put('/f', 'content of f');
  client.files.putFolder('/d');
  client.files.put('/d/g', 'g');
  return { client, openCount: client.files.openCount };
}

export async function onDisk(t: ExecutionContext, greet = true): Promise<Ground> {
  const { files, home } = await openDiskFiles(t);
  await mkdir(join(home, 'd'));
  await writeFile(join(home, 'f'), 'content of f');
  await writeFile(join(home, 'd/g'), 'g');
  await symlink('f', join(home, 'l'));
  const before = descriptorsIn(home);
  return {
    client: await connectTo(t, withoutLargeFiles(files), { greet }),
    openCount: () => descriptorsIn(home) - before,
  };
}

const LARGEST_BYTES = 1e6;

/** Some disks take a file of petabytes, as a hole; to copy or to hash it would take for ever. */
function withoutLargeFiles(files: Files): Files {
  const check = (sizeBytes = 0): void => {
    if (sizeBytes > LARGEST_BYTES) throw new FileError('no-space');
  };
  return {
    ...files,
    setAttributes: async (path, changes, options) => {
      check(changes.sizeBytes);
      await files.setAttributes(path, changes, options);
    },
    async open(path, options) {
      const file = await files.open(path, options);
      return {
        path: file.path,
        read: (target, offset) => file.read(target, offset),
        stat: () => file.stat(),
        sync: () => file.sync(),
        space: () => file.space(),
        close: (options) => file.close(options),
        write: async (data, offset) => {
          check(offset + data.length);
          await file.write(data, offset);
        },
        setAttributes: async (changes) => {
          check(changes.sizeBytes);
          await file.setAttributes(changes);
        },
      };
    },
  };
}

export const GROUNDS: Readonly<Record<string, MakeGround>> = { 'in memory': inMemory, 'on the disk': onDisk };

/** How many descriptors of this process lead to `folder` or below it. */
function descriptorsIn(folder: string): number {
  let count = 0;
  for (const descriptor of readdirSync('/proc/self/fd')) {
    let path = '';
    try {
      path = readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch (error) {
      // The one that the listing itself was open on.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (path === folder || path.startsWith(`${folder}/`) || path === `${folder} (deleted)`) count += 1;
  }
  return count;
}
