import test from 'ava';
import fc from 'fast-check';
import picomatch from 'picomatch';
import { parsePath } from '../../src/model/path.ts';
import { expandWords } from '../../src/shell/glob.ts';
import { compilePattern } from '../../src/shell/glob-pattern.ts';
import { parseLine } from '../../src/shell/parse.ts';
import { createHome, type Home } from './fixtures.ts';

const matches = (pattern: string, name: string): boolean => compilePattern(pattern)(name);

for (const [pattern, yes, no] of [
  ['*', ['a', 'abc'], ['.a']],
  ['a*c', ['ac', 'abc'], ['ab', 'xac']],
  ['?', ['a', 'ä', '😀', '\udcff'], ['', 'ab']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
  ['[!a-c]x', ['dx'], ['ax']],
  ['[]x]', [']', 'x'], ['[']],
  ['[a', ['[a'], ['a']],
  ['.*', ['.a'], ['a']],
  ['\\*', ['*'], ['a']],
  ['a**b', ['ab', 'axxb'], ['a']],
  ['{a,b}(c|d)+', ['{a,b}(c|d)+'], ['ac']],
] as const) {
  test(`glob pattern: ${pattern}`, (t) => {
    for (const name of yes) t.true(matches(pattern, name), name);
    for (const name of no) t.false(matches(pattern, name), name);
  });
}

test('glob pattern: agrees with picomatch on names without a dot', (t) => {
  const unit = fc.constantFrom('a', 'b', '*', '?');
  fc.assert(
    fc.property(
      fc.string({ unit, minLength: 1, maxLength: 7 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 7 }),
      (pattern, name) => {
        fc.pre(!pattern.includes('**') && !pattern.endsWith('*?'));
        return matches(pattern, name) === picomatch.isMatch(name, pattern, { dot: true });
      },
    ),
  );
  t.pass();
});

/**
 * What was wrong: patterns translated to regular expressions take exponential time; four stars kept the process busy for
 *   13 seconds, six for longer than anybody waits.
 * How it was reached: `ls *a*a*a*a*b` by any user, in a folder with one long name.
 * What this verifies: forty stars against the longest name that a disk takes are matched at once.
 */
test('glob pattern: many stars against a long name take no time', (t) => {
  t.false(matches(`${'*a'.repeat(40)}*b`, 'a'.repeat(255)));
});

async function home(): Promise<Home> {
  const made = createHome();
  for (const path of ['a.txt', 'b.txt', '.hidden.txt', 'sub/c.txt', 'sub/d e.txt', 'other/c.txt', 'x*y', 'xzy']) {
    await made.write(path, '');
  }
  return made;
}

async function expand(line: string, directory = '/'): Promise<string[]> {
  const { files } = await home();
  const scope = { files, directory: parsePath(directory), signal: new AbortController().signal };
  return expandWords(parseLine(line), scope);
}

for (const [line, expected] of [
  ['*.txt', ['a.txt', 'b.txt']],
  ['/*.txt', ['/a.txt', '/b.txt']],
  ['*/c.txt', ['other/c.txt', 'sub/c.txt']],
  ['sub/*', ['sub/c.txt', 'sub/d e.txt']],
  ['s*/../b*', ['sub/../b.txt']],
  ['*/', ['other/', 'sub/']],
  ["'*.txt'", ['*.txt']],
  ['*.none', ['*.none']],
  ['x\\*y', ['x*y']],
  ["x'*'*", ['x*y']],
  ['.h*', ['.hidden.txt']],
  ['~', ['/']],
  ['~/sub', ['/sub']],
  ['~/s*', ['/sub']],
  ["'~'", ['~']],
  ['nowhere/*', ['nowhere/*']],
] as const) {
  test(`glob: ${line}`, async (t) => {
    t.deepEqual(await expand(line), [...expected]);
  });
}

test('glob: is relative to the current folder', async (t) => {
  t.deepEqual(await expand('* ../a*', '/sub'), ['c.txt', 'd e.txt', '../a.txt']);
});
