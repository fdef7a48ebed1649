import test from 'ava';
import fc from 'fast-check';
import { parseUnfinished, parseWords, quoteWord } from '../../src/cli/interactive/words.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const texts = (line: string): string[] => parseWords(line).map(({ text }) => text);
const patterns = (line: string): string[] => parseWords(line).map(({ pattern }) => pattern);

test('words: spaces part them, quotes and backslashes hold them together', (t) => {
  t.deepEqual(texts('  get a\tb  '), ['get', 'a', 'b']);
  t.deepEqual(texts('put "my file" \'it is\' a\\ b'), ['put', 'my file', 'it is', 'a b']);
  t.deepEqual(texts('a"b c"d \'\' ""'), ['ab cd', '', '']);
  t.deepEqual(texts('\'a\\b\' "a\\"b" \\\\'), ['a\\b', 'a"b', '\\']);
  t.deepEqual(texts(''), []);
});

test('words: what was quoted is no pattern', (t) => {
  t.deepEqual(patterns("*.txt '*.txt' \\*.txt \"[a]\" 'a\\b'"), ['*.txt', '\\*.txt', '\\*.txt', '\\[a\\]', 'a\\\\b']);
});

test('words: an open quote is refused, but can be completed', (t) => {
  t.throws(() => parseWords('get "a'), { instanceOf: UsageError });
  t.deepEqual(parseUnfinished('get "my fi').at(-1), { text: 'my fi', pattern: 'my fi', raw: '"my fi' });
  t.is(parseUnfinished('get ').at(-1)?.raw, '');
  t.is(parseUnfinished('get a\\ b').at(-1)?.raw, 'a\\ b');
});

test('words: a quoted word comes back as it was', (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const [word, ...others] = parseWords(quoteWord(text));
      return word?.text === text && others.length === 0;
    }),
  );
  t.pass();
});
