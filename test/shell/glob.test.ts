import test from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { expandWords } from '../../src/shell/glob.ts';
import { parseLine } from '../../src/shell/parse.ts';
import { createHome, type Home } from './fixtures.ts';

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
