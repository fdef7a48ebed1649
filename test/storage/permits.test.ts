// What operations/ relies on: a permit is asked once for each thing, tells where it really is, and comes before all.

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { EntryKind } from '../../src/model/entry.ts';
import { FileError } from '../../src/model/error.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { openHome } from '../../src/storage/home.ts';
import type { Permit, Storage, Target } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { snapshot } from './snapshot.ts';

interface Home {
  readonly storage: Storage;
  readonly folder: string;
}

/** `/real/file`, and links to the file, to its folder, and to nothing. */
async function openAlice(t: ExecutionContext, jail: 'held' | 'portable'): Promise<Home> {
  const homesDirectory = await temporaryFolder(t);
  const folder = join(homesDirectory, 'alice');
  await mkdir(join(folder, 'real/empty'), { recursive: true });
  await writeFile(join(folder, 'real/file'), 'content');
  await symlink('real', join(folder, 'folder'));
  await symlink('/folder/file', join(folder, 'file'));
  await symlink('folder/new', join(folder, 'dangling'));
  const storage = await openHome({ homesDirectory, user: 'alice', jail });
  t.teardown(() => storage.close());
  return { storage, folder };
}

type Seen = readonly [path: string, kind: EntryKind | undefined];

interface Case {
  readonly title: string;
  readonly run: (storage: Storage, permit: Permit) => Promise<unknown>;
  readonly asked: readonly Seen[];
  /** The operation fails, permitted or not. */
  readonly fails?: boolean;
}

const CASES: readonly Case[] = [
  { title: 'list', run: (s, p) => s.list(at('/folder'), p), asked: [['/real', 'directory']] },
  { title: 'stat', run: (s, p) => s.stat(at('/file'), true, p), asked: [['/real/file', 'file']] },
  { title: 'lstat', run: (s, p) => s.stat(at('/file'), false, p), asked: [['/file', 'link']] },
  { title: 'stat of nothing', run: (s, p) => s.stat(at('/x'), true, p), asked: [['/x', undefined]], fails: true },
  {
    title: 'open',
    run: (s, p) => s.open(at('/folder/file'), { read: true }, p),
    asked: [['/real/file', 'file']],
  },
  {
    title: 'open to truncate',
    run: (s, p) => s.open(at('/file'), { write: true, truncate: true, create: true }, p),
    asked: [['/real/file', 'file']],
  },
  {
    title: 'open to create',
    run: (s, p) => s.open(at('/dangling'), { write: true, create: true }, p),
    asked: [['/real/new', undefined]],
  },
  {
    title: 'open of nothing',
    run: (s, p) => s.open(at('/dangling'), { write: true }, p),
    asked: [['/real/new', undefined]],
    fails: true,
  },
  {
    title: 'open of a folder',
    run: (s, p) => s.open(at('/folder'), { read: true }, p),
    asked: [['/real', 'directory']],
    fails: true,
  },
  {
    title: 'open to create exclusively',
    run: (s, p) => s.open(at('/dangling'), { write: true, create: true, exclusive: true }, p),
    asked: [['/dangling', 'link']],
    fails: true,
  },
  {
    title: 'makeDirectory',
    run: (s, p) => s.makeDirectory(at('/folder/new'), undefined, p),
    asked: [['/real/new', undefined]],
  },
  { title: 'remove', run: (s, p) => s.remove(at('/folder/file'), p), asked: [['/real/file', 'file']] },
  { title: 'remove of a link', run: (s, p) => s.remove(at('/folder'), p), asked: [['/folder', 'link']] },
  {
    title: 'removeDirectory',
    run: (s, p) => s.removeDirectory(at('/folder/empty'), p),
    asked: [['/real/empty', 'directory']],
  },
  {
    title: 'removeDirectory of the home',
    run: (s, p) => s.removeDirectory(at('/'), p),
    asked: [['/', 'directory']],
    fails: true,
  },
  {
    title: 'rename',
    run: (s, p) => s.rename(at('/folder/file'), at('/folder/new'), false, { from: p, to: p }),
    asked: [
      ['/real/file', 'file'],
      ['/real/new', undefined],
    ],
  },
  {
    title: 'rename over a link',
    run: (s, p) => s.rename(at('/folder/file'), at('/file'), true, { from: p, to: p }),
    asked: [
      ['/real/file', 'file'],
      ['/file', 'link'],
    ],
  },
  {
    title: 'rename of nothing',
    run: (s, p) => s.rename(at('/folder/x'), at('/folder/new'), true, { from: p, to: p }),
    asked: [
      ['/real/x', undefined],
      ['/real/new', undefined],
    ],
    fails: true,
  },
  {
    title: 'setAttributes',
    run: (s, p) => s.setAttributes(at('/file'), { mode: 0o600, sizeBytes: 1 }, true, p),
    asked: [['/real/file', 'file']],
  },
  {
    title: 'setAttributes of a link',
    run: (s, p) => s.setAttributes(at('/file'), { times: { accessedMs: 0, modifiedMs: 0 } }, false, p),
    asked: [['/file', 'link']],
  },
  { title: 'readLink', run: (s, p) => s.readLink(at('/file'), p), asked: [['/file', 'link']] },
  {
    title: 'makeHardLink',
    run: (s, p) => s.makeHardLink(at('/folder/file'), at('/folder/new'), { existing: p, path: p }),
    asked: [
      ['/real/file', 'file'],
      ['/real/new', undefined],
    ],
  },
  { title: 'realPath', run: (s, p) => s.realPath(at('/dangling'), p), asked: [['/real/new', undefined]] },
  { title: 'space', run: (s, p) => s.space(at('/file'), p), asked: [['/real/file', 'file']] },
];

const LINK_CASE: Case = {
  title: 'makeLink',
  run: (s, p) => s.makeLink(at('/folder/new'), 'x', p),
  asked: [['/real/new', undefined]],
};

for (const jail of ['held', 'portable'] as const) {
  for (const { title, run, asked, fails = false } of [...CASES, { ...LINK_CASE, fails: jail === 'portable' }]) {
    test(`permits (${jail}): ${title} asks once, for the true place`, async (t) => {
      const { storage } = await openAlice(t, jail);
      const seen: Target[] = [];
      const work = run(storage, (target) => seen.push(target));
      if (fails) {
        await t.throwsAsync(work, { instanceOf: FileError });
      } else {
        const opened = await work;
        if (typeof opened === 'object' && opened !== null && 'close' in opened && typeof opened.close === 'function') {
          await opened.close();
        }
      }
      t.deepEqual(
        seen.map(({ path, kind }) => [path, kind]),
        asked,
      );
    });

    test(`permits (${jail}): ${title} refused changes nothing, and tells nothing`, async (t) => {
      const { storage, folder } = await openAlice(t, jail);
      for (const refused of asked.keys()) {
        const before = await snapshot(folder);
        const refusal = new FileError('permission-denied', { detail: 'by the test' });
        let calls = 0;
        const work = run(storage, () => {
          calls += 1;
          if (calls === refused + 1) throw refusal;
        });
        t.is(await t.throwsAsync(work), refusal);
        t.deepEqual(await snapshot(folder), before);
      }
      t.is(await readFile(join(folder, 'real/file'), 'utf8'), 'content');
    });
  }
}
