// Links of a home lead into what is mounted in it as they would if it all were one tree.

import test from 'ava';
import fc from 'fast-check';
import { isFileError } from '../../src/model/error.ts';
import { joinPath, parsePath, ROOT, type VirtualPath } from '../../src/model/path.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import { MountPoints } from '../../src/storage/mount-points.ts';
import { openMountedStorage } from '../../src/storage/mounted.ts';
import type { Storage, Target } from '../../src/storage/storage.ts';
import { allow, makeFolder, makeLink, mountAt, write } from './mounted-trees.ts';

/** A string is a link, null a file. */
interface Tree {
  readonly [name: string]: Tree | string | null;
}

const MOUNTS = ['/a/b', '/a/c', '/d'];

const name = fc.constantFrom('a', 'b', 'c', 'd');
const path = fc.array(name, { maxLength: 5 }).map((names) => parsePath(`/${names.join('/')}`));
const target = fc
  .array(fc.oneof({ weight: 4, arbitrary: name }, fc.constantFrom('..', '.', '')), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/') || '/');

function treeOf(leaf: fc.Arbitrary<string | null>): fc.Arbitrary<Tree> {
  const { tree } = fc.letrec<{ tree: Tree; inner: Tree | string | null }>((tie) => ({
    tree: fc.dictionary(name, tie('inner'), { maxKeys: 4 }) as fc.Arbitrary<Tree>,
    inner: fc.oneof({ maxDepth: 3 }, leaf, tie('tree')),
  }));
  return tree;
}

async function fill(storage: Storage, at: VirtualPath, tree: Tree): Promise<void> {
  for (const [entry, inner] of Object.entries(tree)) {
    const entryAt = joinPath(at, entry);
    if (inner === null) await write(storage, entryAt);
    else if (typeof inner === 'string') await makeLink(storage, entryAt, inner);
    else {
      await makeFolder(storage, entryAt);
      await fill(storage, entryAt, inner);
    }
  }
}

/** Where the path leads, as the permit hears it; undefined when it leads nowhere. */
async function whereTo(storage: Storage, asked: VirtualPath, followLinks: boolean): Promise<string | undefined> {
  let told: Target | undefined;
  try {
    await storage.stat(asked, followLinks, (found) => {
      told = found;
    });
  } catch (error) {
    if (!isFileError(error)) throw error;
    return undefined;
  }
  return `${told?.path} ${told?.kind}`;
}

test('mounted: a link of the home leads where it would if all were one tree', async (t) => {
  // What is mounted has no links: those would have another root in one tree.
  const mounted = treeOf(fc.constant(null));
  const trees = fc.tuple(treeOf(fc.oneof(target, fc.constant(null))), mounted, mounted, mounted);
  let led = 0;
  await fc.assert(
    fc.asyncProperty(trees, fc.array(path, { minLength: 1, maxLength: 5 }), async ([home, ...inside], paths) => {
      const points = new MountPoints();
      const ofHome = createMemoryStorage({ standing: points });
      const one = createMemoryStorage();
      await fill(ofHome, ROOT, home);
      // In one tree the mounts stand where they hide what the home has there.
      const above = home['a'];
      const shown = typeof above === 'object' && above !== null ? above : {};
      const [b = {}, c = {}, d = {}] = inside;
      await fill(one, ROOT, { ...home, a: { ...shown, b, c }, d });
      const mounts = MOUNTS.map((at) => mountAt(at));
      for (const [index, mount] of mounts.entries()) await fill(mount.tree, mount.at, inside[index] ?? {});
      points.set(mounts, 0);
      const storage = openMountedStorage({ home: ofHome, points, onClose: () => undefined });
      for (const asked of paths) {
        for (const followLinks of [true, false]) {
          const expected = await whereTo(one, asked, followLinks);
          const found = await whereTo(storage, asked, followLinks);
          // Beyond a border ".." is meant by the text, so a link may get further there, but never elsewhere.
          if (expected !== undefined && found !== expected) throw new Error(`${asked}: ${found}, not ${expected}`);
          if (expected?.startsWith('/a/b') === true && !asked.startsWith('/a/b')) led += 1;
        }
      }
    }),
    // What is asked for must be among it, and chance may leave it out.
    {
      numRuns: 600,
      examples: [
        [
          [{ c: 'a/b' }, { d: null }, {}, {}],
          [parsePath('/c/d'), parsePath('/c')],
        ],
      ],
    },
  );
  t.true(led > 0, 'some did lead into a mount');
});

test('mounted: whatever a mount holds, nothing in it leads out', async (t) => {
  const trees = fc.tuple(treeOf(fc.constant(null)), treeOf(fc.oneof(target, fc.constant(null))));
  await fc.assert(
    fc.asyncProperty(trees, fc.array(path, { minLength: 1, maxLength: 5 }), async ([home, inside], paths) => {
      const points = new MountPoints();
      const ofHome = createMemoryStorage({ standing: points });
      const mount = mountAt('/m/n');
      await fill(ofHome, ROOT, home);
      await fill(mount.tree, mount.at, inside);
      points.set([mount], 0);
      const storage = openMountedStorage({ home: ofHome, points, onClose: () => undefined });
      for (const asked of paths) {
        const within = parsePath(`/m/n${asked}`);
        const found = await storage.realPath(within, allow).catch((error: unknown) => {
          if (!isFileError(error)) throw error;
          return mount.at;
        });
        if (found !== mount.at && !found.startsWith(`${mount.at}/`)) throw new Error(`${within} leads to ${found}`);
      }
    }),
    { numRuns: 600 },
  );
  t.pass();
});
