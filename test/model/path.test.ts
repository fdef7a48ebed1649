import test from 'ava';
import fc from 'fast-check';
import { isFileError } from '../../src/model/error.ts';
import {
  isName,
  isWithin,
  joinPath,
  nameOf,
  namesOf,
  parentOf,
  parsePath,
  pathOf,
  ROOT,
} from '../../src/model/path.ts';

const READ: readonly (readonly [text: string, base: string, expected: string])[] = [
  ['', '/', '/'],
  ['', '/a/b', '/a/b'],
  ['.', '/a', '/a'],
  ['..', '/a/b', '/a'],
  ['..', '/', '/'],
  ['/', '/a', '/'],
  ['//', '/a', '/'],
  ['a', '/', '/a'],
  ['a/b/', '/x', '/x/a/b'],
  ['/a//b/./c/../d', '/x', '/a/b/d'],
  ['../../../../etc/passwd', '/a', '/etc/passwd'],
  ['/a/../../b', '/', '/b'],
  ['a\\..\\b', '/', '/a\\..\\b'],
  ['...', '/', '/...'],
  ['%2e%2e', '/', '/%2e%2e'],
  [' ', '/', '/ '],
  ['\udcff', '/', '/\udcff'],
];

for (const [text, base, expected] of READ) {
  test(`path: ${JSON.stringify(text)} in ${base} is ${JSON.stringify(expected)}`, (t) => {
    t.is<string, string>(parsePath(text, parsePath(base)), expected);
  });
}

test('path: fifteen spellings of one file are one path', (t) => {
  const spellings = [
    '/a/b',
    'a/b',
    './a/b',
    '//a//b',
    '/a/./b',
    '/a/b/',
    '/a/b/.',
    '/x/../a/b',
    '/../a/b',
    '/a/x/../b',
    '/a/b/x/..',
    '../../a/b',
    '/./././a/b',
    '/a/b//',
    '/x/y/../../a/./b',
  ];
  t.deepEqual([...new Set(spellings.map((text) => parsePath(text)))], [parsePath('/a/b')]);
});

test('path: whatever is read is absolute and normal, and read again the same', (t) => {
  const part = fc.oneof(fc.constantFrom('.', '..', '', 'a', ' '), fc.string({ maxLength: 8 }));
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(text, (written) => {
      if (written.includes('\0')) return true;
      const path = parsePath(written);
      const names = namesOf(path);
      return path.startsWith('/') && names.every(isName) && pathOf(names) === path && parsePath(path) === path;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

const invalid = (
  t: { throws: (work: () => unknown) => unknown; true: (value: boolean) => void },
  work: () => unknown,
): void => {
  t.true(isFileError(t.throws(work), 'invalid-path'));
};

test('path: a NUL byte is refused', (t) => {
  invalid(t, () => parsePath('/a\0b'));
  invalid(t, () => joinPath(ROOT, 'a\0'));
});

test('path: names have 255 bytes at most, whatever characters they are of', (t) => {
  t.is(nameOf(parsePath('x'.repeat(255))).length, 255);
  invalid(t, () => parsePath('x'.repeat(256)));
  t.is(nameOf(parsePath('é'.repeat(127))).length, 127);
  invalid(t, () => parsePath('é'.repeat(128)));
  t.is(nameOf(parsePath('\udcff'.repeat(255))).length, 255);
  invalid(t, () => parsePath('\udcff'.repeat(256)));
});

test('path: paths have 4095 bytes at most', (t) => {
  const longest = `/${'a/'.repeat(2046)}ab`;
  t.is(longest.length, 4095);
  t.is<string, string>(parsePath(longest), longest);
  invalid(t, () => parsePath(`${longest}c`));
});

test('path: what can be one name', (t) => {
  for (const name of ['a', '...', ' ', '-', '\n', '\udcff']) t.true(isName(name));
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0']) {
    t.false(isName(name));
    invalid(t, () => joinPath(ROOT, name));
  }
});

test('path: joining, and taking apart', (t) => {
  const path = joinPath(joinPath(ROOT, 'a'), 'b');
  t.is(path, parsePath('/a/b'));
  t.is(parentOf(path), parsePath('/a'));
  t.is(nameOf(path), 'b');
  t.is(parentOf(parsePath('/a')), ROOT);
  t.is(parentOf(ROOT), ROOT);
  t.is(nameOf(ROOT), '');
  t.deepEqual(namesOf(ROOT), []);
  t.is(pathOf([]), ROOT);
});

test('path: within a folder is not beside it', (t) => {
  t.true(isWithin(parsePath('/al'), parsePath('/al')));
  t.true(isWithin(parsePath('/al/x'), parsePath('/al')));
  t.false(isWithin(parsePath('/alice'), parsePath('/al')));
  t.false(isWithin(parsePath('/'), parsePath('/al')));
  t.true(isWithin(parsePath('/al'), ROOT));
});
