// A home under rules that a test can change, as alice may use it.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createPolicy } from '../../src/access/policy.ts';
import type { FileEvent } from '../../src/model/event.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import type { Pace } from '../../src/operations/paces.ts';
import { createActiveUploads } from '../../src/storage/active-uploads.ts';
import { openHome } from '../../src/storage/home.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { freeTurns } from '../../src/storage/turns.ts';
import { IN_PLACE, type UploadPolicy } from '../../src/storage/upload-policy.ts';
import { rulesOf } from '../access/rules-of.ts';
import { temporaryFolder } from '../helpers/folder.ts';

export interface RuledHome {
  readonly files: Files;
  /** On the disk. */
  readonly folder: string;
  readonly storage: Storage;
  readonly events: readonly FileEvent[];
  /** Changes the rules, and has what is open looked at again; returns how much was closed. */
  change(yaml: string): number;
}

/** Alice's home with these files, each holding its own path, under the rules of `yaml`. */
export async function openRuledHome(
  t: ExecutionContext,
  yaml: string,
  paths: readonly string[],
  uploads: UploadPolicy = IN_PLACE,
  pace?: Pace,
): Promise<RuledHome> {
  const homesDirectory = await temporaryFolder(t);
  const folder = join(homesDirectory, 'alice');
  await mkdir(folder);
  for (const path of paths) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    if (path.endsWith('/')) await mkdir(join(folder, path), { recursive: true });
    else await writeFile(join(folder, path), path);
  }
  const storage = await openHome({
    homesDirectory,
    user: 'alice',
    jail: 'held',
    partsOn: () => ({ uploads, active: createActiveUploads(), turns: freeTurns(), onClose: () => undefined }),
  });
  t.teardown(() => storage.close());
  const source = { now: rulesOf(yaml) };
  const events: FileEvent[] = [];
  const operations = createOperations({
    policy: createPolicy(source),
    audit: (event) => events.push(event as FileEvent),
  });
  const files = operations.as({
    identity: { user: 'alice' },
    origin: { sessionId: 's1', address: '127.0.0.1' },
    face: 'sftp',
    storage,
    pace,
  });
  return {
    files,
    folder,
    events,
    storage,
    change: (changed) => {
      source.now = rulesOf(changed);
      return operations.recheck();
    },
  };
}

/** A role of alice with these rules and names. */
export function aliceMay(rules: string, names = '{}'): string {
  return `roles: { r: { rules: [${rules}], names: ${names} } }\nusers: { alice: { roles: [r] } }\n`;
}

export async function read(files: Files, path: string): Promise<string> {
  const file = await files.open(at(path), { read: true });
  try {
    const target = Buffer.alloc(1000);
    return target.toString('utf8', 0, await file.read(target, 0));
  } finally {
    await file.close();
  }
}

export async function write(files: Files, path: string, text = 'new'): Promise<void> {
  const file = await files.open(at(path), { write: true, create: true, truncate: true });
  await file.write(Buffer.from(text), 0);
  await file.close();
}

export async function names(files: Files, path: string, batch = 100): Promise<string[]> {
  const directory = await files.list(at(path));
  try {
    const all: string[] = [];
    for (let next = await directory.read(batch); next.length > 0; next = await directory.read(batch)) {
      all.push(...next.map(({ name }) => name));
    }
    return all.sort();
  } finally {
    await directory.close();
  }
}
