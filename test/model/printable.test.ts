import test from 'ava';
import fc from 'fast-check';
import { printable, printableShort } from '../../src/model/printable.ts';

const SHOWN: readonly (readonly [text: string, shown: string])[] = [
  ['plain text, with \\ and "', 'plain text, with \\ and "'],
  ['a\nb\rc\td', 'a\\nb\\rc\\td'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['\0\u007f\u0085\u009b', '\\x00\\x7f\\x85\\x9b'],
  ['right\u202eto left', 'right\\u{202e}to left'],
  ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
  ['line\u2028paragraph\u2029', 'line\\u{2028}paragraph\\u{2029}'],
  ['bytes \udcff\udc80', 'bytes \\xff\\x80'],
  ['lone \ud800', 'lone \\u{d800}'],
  ['emoji \u{1f600}', 'emoji \u{1f600}'],
  ['é, 日本, ع', 'é, 日本, ع'],
];

for (const [text, shown] of SHOWN) {
  test(`printable: ${JSON.stringify(shown)}`, (t) => {
    t.is(printable(text), shown);
  });
}

test('printable: no text keeps a character that ends a line, moves a cursor or is no character', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { maxLength: 30 }), (units) => {
      const shown = printable(String.fromCharCode(...units));
      return shown.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.test(shown);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('printable: what a stranger sent is cut', (t) => {
  t.is(printableShort('abcdef', 6), 'abcdef');
  t.is(printableShort('abcdefg', 6), 'abcdef...');
  t.is(printableShort(`${'\n'.repeat(40)}x`, 2), '\\n\\n...');
  t.is(printableShort('a\u{1f600}b', 2), 'a\\u{d83d}...');
});
