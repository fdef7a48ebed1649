import test from 'ava';
import fc from 'fast-check';
import { ParseError, parseLine, parseOpenLine, quoteWord } from '../../src/shell/parse.ts';

const texts = (line: string): string[] => parseLine(line).map((word) => word.text);

test('parse: words are split at blanks and joined by quotes', (t) => {
  t.deepEqual(texts('  ls   -l\tfoo '), ['ls', '-l', 'foo']);
  t.deepEqual(texts(`a'b c'"d e"\\ f`), ['ab cd e f']);
  t.deepEqual(texts(`'' ""`), ['', '']);
  t.deepEqual(texts('one\r\n'), ['one']);
  t.deepEqual(texts(''), []);
});

test('parse: a backslash in double quotes escapes only what it escapes in sh', (t) => {
  t.deepEqual(texts('"a\\"b\\\\c\\$d\\`e\\f"'), ['a"b\\c$d`e\\f']);
  t.deepEqual(texts("'a\\b'"), ['a\\b']);
});

test('parse: only unquoted * ? [ make a pattern, and quoted ones in it are escaped', (t) => {
  const pattern = (line: string): string | undefined => parseLine(line)[0]?.pattern;
  t.is(pattern('a*'), 'a*');
  t.is(pattern("'a*'"), undefined);
  t.is(pattern('"a?"'), undefined);
  t.is(pattern('a\\*'), undefined);
  t.is(pattern("'*'*"), '\\**');
});

test('parse: ~ is the home alone and before a slash, unless it is quoted', (t) => {
  const home = (line: string): boolean | undefined => parseLine(line)[0]?.home;
  t.true(home('~'));
  t.true(home('~/a'));
  t.false(home("'~'"));
  t.false(home('\\~'));
  t.false(home('~bob'));
  t.false(home('a~'));
});

for (const line of ["echo 'a", 'echo "a', 'echo a\\']) {
  test(`parse: what is not finished is refused: ${line}`, (t) => {
    t.throws(() => parseLine(line), { instanceOf: ParseError });
  });
}

for (const line of [
  'ls | cat',
  'ls > x',
  'cat < x',
  'a; b',
  'a & b',
  'echo `id`',
  'echo $(id)',
  'ls\nrm x',
  'a||b',
  ';id',
]) {
  test(`parse: system shell syntax is refused: ${JSON.stringify(line)}`, (t) => {
    t.throws(() => parseLine(line), { instanceOf: ParseError, message: /not a system shell/ });
  });
}

test('parse: the same characters are part of a name when they are quoted', (t) => {
  t.deepEqual(texts(`'a|b' "c>d" e\\;f "g&h\`i" '$(j)' '\n'`), ['a|b', 'c>d', 'e;f', 'g&h`i', '$(j)', '\n']);
});

test('parse: variables are not substituted', (t) => {
  // What rclone sends to find out what kind of shell it talks to.
  const word = '$'.concat('{ShellId}%ComSpec%');
  t.deepEqual(texts(`echo ${word}`), ['echo', word]);
});

const anyText = fc.string({ unit: 'binary', maxLength: 40 });

test('parse: a quoted word is read back as it was, in every quote', (t) => {
  fc.assert(
    fc.property(anyText, fc.constantFrom('' as const, "'" as const, '"' as const), (text, quote) => {
      const words = parseLine(`x ${quoteWord(text, quote)} y`);
      return words.length === 3 && words[1]?.text === text && words[1].pattern === undefined && !words[1].home;
    }),
  );
  t.pass();
});

test('parse: any line is read or refused, never anything else', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...`ab '"\\*?[]~|<>;&$(){}/-`), maxLength: 30 }), (line) => {
      try {
        parseLine(line);
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
      }
      parseOpenLine(line);
    }),
  );
  t.pass();
});

test('parse: an open line tells the word its end is in', (t) => {
  t.deepEqual(parseOpenLine("cat 'a b").open, { start: 4, text: 'a b', home: false, quote: "'" });
  t.deepEqual(parseOpenLine('cat a\\ b').open, { start: 4, text: 'a b', home: false, quote: '' });
  t.deepEqual(parseOpenLine('cat ').open, { start: 4, text: '', home: false, quote: '' });
  t.is(parseOpenLine('cat a b').words.length, 2);
});
