import test from 'ava';
import fc from 'fast-check';
import { isFileError } from '../../src/model/error.ts';
import { parsePath, type VirtualPath } from '../../src/model/path.ts';
import { ALONE } from '../../src/storage/border.ts';
import { type Footing, type LookedUp, type SlowFooting, walk, walkAside } from '../../src/storage/walk.ts';

/** A tree of folders in memory; a string is a link, null a file. */
interface Tree {
  readonly [name: string]: Tree | string | null;
}

/** A folder that was entered, by the names that lead to it. */
interface Held {
  readonly names: readonly string[];
  readonly tree: Tree;
}

/** Steps through `tree`, and keeps count of what is held. */
function footingOf(tree: Tree): Footing<Held> & { held: Set<Held>; steps: number } {
  const held = new Set<Held>();
  const footing = {
    home: { names: [], tree },
    standing: ALONE,
    held,
    steps: 0,
    look(folder: Held, name: string, mayEnter: boolean): LookedUp<Held> | undefined {
      footing.steps += 1;
      const inner = folder.tree[name];
      if (inner === undefined && mayEnter) throw new Error('ENOENT');
      if (typeof inner === 'string') return { target: inner };
      if (!mayEnter || inner === undefined || inner === null) return undefined;
      const entered = { names: [...folder.names, name], tree: inner };
      held.add(entered);
      return { entered };
    },
    leave(folder: Held): void {
      if (!held.delete(folder)) throw new Error('left twice, or never entered');
    },
  };
  return footing;
}

/** The same, with an answer that comes later. */
function slowFootingOf(tree: Tree): SlowFooting<Held> & { held: Set<Held> } {
  const footing = footingOf(tree);
  return {
    ...footing,
    look: async (folder, name, mayEnter) => {
      await new Promise((resolve) => setImmediate(resolve));
      return footing.look(folder, name, mayEnter);
    },
  };
}

function whereTo(tree: Tree, path: string, last: 'follow' | 'keep' = 'follow'): string {
  return walk(footingOf(tree), parsePath(path), last).path;
}

/** A path as a mistake elsewhere could make it, past the parser. */
function forged(text: string): VirtualPath {
  return text as VirtualPath;
}

const TREE: Tree = {
  file: null,
  folder: { file: null, inner: { file: null, up: '..', 'two-up': '../..', high: '../../../../..' } },
  absolute: '/folder/inner',
  relative: 'folder/./inner//',
  home: '/',
  here: '.',
  dangling: 'folder/new',
  chain: 'absolute/up/inner/two-up/relative',
};

test('walk: the path of a place has no links in it', (t) => {
  t.is(whereTo(TREE, '/folder/inner/file'), '/folder/inner/file');
  t.is(whereTo(TREE, '/absolute'), '/folder/inner');
  t.is(whereTo(TREE, '/absolute/file'), '/folder/inner/file');
  t.is(whereTo(TREE, '/relative/file'), '/folder/inner/file');
  t.is(whereTo(TREE, '/relative'), '/folder/inner');
  t.is(whereTo(TREE, '/relative/up/file'), '/folder/file');
  t.is(whereTo(TREE, '/relative/two-up/file'), '/file');
  t.is(whereTo(TREE, '/dangling'), '/folder/new');
  t.is(whereTo(TREE, '/chain/up'), '/folder');
  t.is(whereTo(TREE, '/new'), '/new');
});

test('walk: the home is the top of everything', (t) => {
  t.is(whereTo(TREE, '/'), '/');
  t.is(whereTo(TREE, '/home'), '/');
  t.is(whereTo(TREE, '/here/home/here/home'), '/');
  t.is(whereTo(TREE, '/folder/inner/high'), '/');
  t.is(whereTo(TREE, '/folder/inner/high/folder/inner/high/file'), '/file');
});

test('walk: the last link is kept when told', (t) => {
  t.is(whereTo(TREE, '/absolute', 'keep'), '/absolute');
  t.is(whereTo(TREE, '/relative/up', 'keep'), '/folder/inner/up');
  t.is(whereTo(TREE, '/home/home/chain', 'keep'), '/chain');
});

test('walk: a path forged past the parser can not climb', (t) => {
  for (const path of ['/../../file', '/folder/../../file', '//./file', '..//../file', 'file']) {
    t.is<string, string>(walk(footingOf(TREE), forged(path), 'keep').path, '/file');
  }
  t.is<string, string>(walk(footingOf(TREE), forged('/folder/..'), 'keep').path, '/');
});

test('walk: a NUL byte is no part of a path', (t) => {
  const error = t.throws(() => walk(footingOf(TREE), forged('/file\0'), 'keep'));
  t.true(isFileError(error, 'invalid-path'));
});

test('walk: a file is no folder', (t) => {
  const error = t.throws(() => walk(footingOf(TREE), parsePath('/file/x'), 'keep'));
  t.true(isFileError(error, 'not-a-directory'));
});

test('walk: bytes that spell a character one by one are that character', (t) => {
  const pieces = forged('/caf\udcc3\udca9');
  t.is<string, string>(walk(footingOf({ café: null }), pieces, 'keep').path, '/café');
});

test('walk: links that name one another without end cost a bounded number of steps', (t) => {
  const step = 'a/../'.repeat(800);
  const tree: Tree = {
    a: {},
    l0: null,
    ...Object.fromEntries(Array.from({ length: 39 }, (_, i) => [`l${i + 1}`, `${step}l${i}`])),
  };
  const footing = footingOf(tree);
  const error = t.throws(() => walk(footing, parsePath('/l39'), 'follow'));
  t.true(isFileError(error, 'link-loop'));
  t.true(footing.steps < 5000);
  t.is(footing.held.size, 0);
});

test('walk: whatever the tree and the path, nothing stays held but the folder of the place', (t) => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const target = fc
    .array(fc.oneof(name, fc.constantFrom('..', '.', '')), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join('/') || '/');
  const { tree } = fc.letrec<{ tree: Tree; inner: Tree | string | null }>((tie) => ({
    tree: fc.dictionary(name, tie('inner'), { maxKeys: 4 }) as fc.Arbitrary<Tree>,
    inner: fc.oneof({ maxDepth: 4 }, fc.constant(null), target, tie('tree')),
  }));
  const path = fc.array(name, { maxLength: 6 }).map((names) => parsePath(`/${names.join('/')}`));
  fc.assert(
    fc.property(tree, path, fc.constantFrom('follow' as const, 'keep' as const), (anyTree, anyPath, last) => {
      const footing = footingOf(anyTree);
      try {
        const spot = walk(footing, anyPath, last);
        if (spot.folder !== footing.home) footing.leave(spot.folder);
        // The resolved path leads to the same place, and over no link.
        const again = footingOf(anyTree);
        const straight = walk(again, spot.path, 'keep');
        if (spot.path !== straight.path) throw new Error(`${spot.path} is not where it leads`);
        const inner = spot.name === '' ? null : spot.folder.tree[spot.name];
        if (last === 'follow' && typeof inner === 'string') throw new Error('the place is a link');
      } catch (error) {
        if (!isFileError(error) && !(error instanceof Error && error.message === 'ENOENT')) throw error;
      }
      return footing.held.size === 0;
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('walk: step by step it comes to the same, and nothing stays held either', async (t) => {
  const paths = ['/', '/chain/up', '/folder/inner/high/file', '/relative', '/dangling', '/new', '/file/x', '/no/way'];
  for (const path of paths) {
    for (const last of ['follow', 'keep'] as const) {
      const footing = slowFootingOf(TREE);
      let atOnce: string;
      try {
        atOnce = walk(footingOf(TREE), parsePath(path), last).path;
      } catch (error) {
        await t.throwsAsync(walkAside(footing, parsePath(path), last), { message: (error as Error).message });
        t.is(footing.held.size, 0);
        continue;
      }
      const spot = await walkAside(footing, parsePath(path), last);
      t.is<string, string>(spot.path, atOnce);
      if (spot.folder !== footing.home) footing.leave(spot.folder);
      t.is(footing.held.size, 0);
    }
  }
});
