// Patterns in paths, over a file tree of words. (The shell on the server has its own.)

import test from 'ava';
import { expandGlob, type GlobSide } from '../../src/cli/glob.ts';

const TREE: Readonly<Record<string, readonly string[]>> = {
  '': ['a.txt', 'b.txt', 'c.bin', '.hidden', 'docs', 'photos', 'x[1].txt', 'back\\slash'],
  docs: ['one.txt', 'two.txt'],
  photos: ['one.jpg'],
  '/': ['etc'],
  '/etc': ['passwd'],
};

const side: GlobSide = {
  names: async (folder) => TREE[folder],
  exists: async (path) => {
    const slash = path.lastIndexOf('/');
    const folder = slash < 0 ? '' : slash === 0 ? '/' : path.slice(0, slash);
    return TREE[folder]?.includes(path.slice(slash + 1)) ?? false;
  },
};

const expands = test.macro({
  exec: async (t, pattern: string, found: readonly string[]) => {
    t.deepEqual(await expandGlob(pattern, side), [...found]);
  },
  title: (_, pattern) => `glob: ${pattern}`,
});

test(expands, '*.txt', ['a.txt', 'b.txt', 'x[1].txt']);
test(expands, '?.txt', ['a.txt', 'b.txt']);
test(expands, '[bc].*', ['b.txt', 'c.bin']);
test(expands, '{a,c}.*', []);
test(expands, '{a,c}', ['{a,c}']);
test(expands, '*\\\\*', ['back\\slash']);
test(expands, '*/one.*', ['docs/one.txt', 'photos/one.jpg']);
test(expands, 'd*/t*', ['docs/two.txt']);
test(expands, '*/two.txt', ['docs/two.txt']);
test(expands, '/e*/p*', ['/etc/passwd']);
test(expands, '.h*', ['.hidden']);
test(expands, 'x[1].txt', ['x[1].txt']);
test(expands, 'x\\[1\\].txt', ['x[1].txt']);
test(expands, 'back\\slash', ['back\\slash']);
test(expands, '\\*.txt', ['*.txt']);
test(expands, '*.none', []);
test(expands, 'a.txt/*', []);
test(expands, 'missing', ['missing']);
test(expands, '', ['']);

/*
 * What was wrong: each name that matched was looked for at once, and each folder of a pattern listed at once.
 * How it was reached: `sshome download 'host:*' .` where there are 100,000 names: as many LSTATs under way.
 * What this verifies: a few at a time, and the names in their order all the same.
 */
test('glob: of many names a few are asked about at a time', async (t) => {
  const names = Array.from({ length: 1000 }, (_, index) => `f${String(index).padStart(4, '0')}`);
  let underWay = 0;
  let most = 0;
  const asked = async <T>(answer: T): Promise<T> => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return answer;
  };
  const large: GlobSide = {
    names: (folder) => asked(folder === '' ? names : ['in']),
    exists: (path) => asked(!path.includes('*')),
  };
  t.deepEqual(await expandGlob('f*', large), names);
  t.deepEqual(
    await expandGlob('f*/i*', large),
    names.map((name) => `${name}/in`),
  );
  t.true(most <= 64, `${most}`);
});
