import test from 'ava';
import fc from 'fast-check';
import { EMPTY_LINE, editLine, type Line, MAX_LINE_LENGTH } from '../../src/shell/line/edit.ts';
import { createHistory } from '../../src/shell/line/history.ts';
import { createKeyDecoder, type Key, type KeyName } from '../../src/shell/line/keys.ts';
import { layOut, paint, type Screen } from '../../src/shell/line/line-screen.ts';
import { VirtualScreen } from './virtual-screen.ts';

const decode = (...chunks: (string | Uint8Array)[]): Key[] => {
  const decoder = createKeyDecoder();
  return chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk)));
};
const kinds = (...chunks: string[]): string[] => decode(...chunks).map((key) => key.kind);

test('keys: text, control characters and sequences', (t) => {
  t.deepEqual(decode('ab'), [{ kind: 'text', text: 'ab' }]);
  t.deepEqual(kinds('\x01\x05\x0b\x15\x17\x7f\t\x03\x04\x0c'), [
    'home',
    'end',
    'kill-to-end',
    'kill-to-start',
    'kill-word',
    'backspace',
    'tab',
    'interrupt',
    'end-of-input',
    'clear-screen',
  ]);
  t.deepEqual(kinds('\x1b[A\x1b[B\x1b[C\x1b[D\x1bOH\x1b[4~\x1b[3~'), [
    'up',
    'down',
    'right',
    'left',
    'home',
    'end',
    'delete',
  ]);
});

test('keys: CR, LF and CR LF are one Enter each, also when they are cut', (t) => {
  t.deepEqual(kinds('\r', '\n', '\r\n', '\r', '\r'), ['enter', 'enter', 'enter', 'enter']);
});

test('keys: characters and sequences may be cut anywhere', (t) => {
  const bytes = Buffer.from('aä€😀\x1b[1;5Cz');
  const parts = [...bytes].map((byte) => Uint8Array.of(byte));
  const keys = decode(...parts);
  t.is(keys.map((key) => (key.kind === 'text' ? key.text : `<${key.kind}>`)).join(''), 'aä€😀<word-right>z');
});

test('keys: unknown sequences and the marks of a bracketed paste are no keys', (t) => {
  t.deepEqual(decode('\x1b[200~pasted\x1b[201~\x1b[99;99x'), [{ kind: 'text', text: 'pasted' }]);
});

test('keys: a sequence without an end is given up', (t) => {
  const keys = decode(`\x1b[${'1'.repeat(10_000)}`, 'a');
  t.true(keys.every((key) => key.kind === 'text'));
});

const edit = (keys: readonly Key[], line: Line = EMPTY_LINE): Line => keys.reduce(editLine, line);
const shown = ({ text, cursor }: Line): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`;

for (const [keys, expected] of [
  ['ac\x1b[Db', 'ab|c'],
  ['abc\x01x', 'x|abc'],
  ['abc\x01\x05x', 'abcx|'],
  ['abc\x7f', 'ab|'],
  ['abc\x1b[D\x1b[3~', 'ab|'],
  ['one two\x17', 'one |'],
  ['one two\x17\x17x', 'x|'],
  ['abc\x1b[D\x15', '|c'],
  ['abc\x01\x1b[C\x0b', 'a|'],
  ['abc\x15\x19\x19', 'abcabc|'],
  ['ab\x14', 'ba|'],
  ['one two\x1bbx', 'one x|two'],
  ['a👨‍👩‍👧b\x7f\x7f', 'a|'],
  ['e\u0301\x7f', '|'],
] as const) {
  test(`edit: ${JSON.stringify(keys)}`, (t) => {
    t.is(shown(edit(decode(keys))), expected);
  });
}

test('edit: a line is bounded, and never cut within a character', (t) => {
  const line = edit([{ kind: 'text', text: `a${'😀'.repeat(MAX_LINE_LENGTH)}` }]);
  t.true(line.text.length <= MAX_LINE_LENGTH);
  t.true(line.text.isWellFormed());
  t.is(
    edit([{ kind: 'text', text: 'xyz' }], { ...line, text: 'a'.repeat(MAX_LINE_LENGTH) }).text.length,
    MAX_LINE_LENGTH,
  );
});

test('history: is bounded, skips blanks, repeats and lines that begin with a space', (t) => {
  const history = createHistory();
  for (const line of ['a', 'a', '', ' secret', 'b']) history.add(line);
  t.deepEqual([history.get(1), history.get(2), history.get(3)], ['b', 'a', undefined]);
  for (let count = 0; count < 2000; count += 1) history.add(`line ${count}`);
  t.is(history.get(500), 'line 1500');
  t.is(history.get(501), undefined);
});

const editingKeys: readonly KeyName[] = ['left', 'right', 'home', 'end', 'backspace', 'delete', 'kill-word', 'yank'];
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  fc
    .constantFrom('a', 'bc ', 'ä', '漢字', '😀', '\u202e', '\udcff', 'x'.repeat(25))
    .map((text): Key => ({ kind: 'text', text })),
  fc.constantFrom(...editingKeys).map((kind): Key => ({ kind })),
);

test('line screen: after any keys the screen shows prompt and line, the cursor in its place', (t) => {
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 40 }), fc.integer({ min: 12, max: 40 }), (keys, columns) => {
      const size = { columns, rows: 200 };
      const terminal = new VirtualScreen(columns, size.rows);
      let line = EMPTY_LINE;
      let screen: Screen = layOut('prompt$ ', line, size);
      terminal.write(paint(undefined, screen));
      for (const key of keys) {
        line = editLine(line, key);
        const next = layOut('prompt$ ', line, size);
        terminal.write(paint(screen, next));
        screen = next;
      }
      const fresh = new VirtualScreen(columns, size.rows);
      fresh.write(paint(undefined, layOut('prompt$ ', line, size)));
      t.deepEqual(terminal.lines(), fresh.lines());
      t.deepEqual([terminal.row, terminal.column], [fresh.row, fresh.column]);
      t.deepEqual(terminal.strays, []);
    }),
    { numRuns: 60 },
  );
});

test('line screen: a line taller than the terminal shows the part with the cursor', (t) => {
  const size = { columns: 10, rows: 4 };
  const text = Array.from({ length: 200 }, (_, index) => index % 10).join('');
  const end = layOut('$ ', { text, cursor: text.length }, size);
  t.is(end.rows.length, 4);
  t.is(end.cursorRow, 3);
  const start = layOut('$ ', { text, cursor: 0 }, size);
  t.is(start.rows.length, 4);
  t.deepEqual([start.cursorRow, start.cursorColumn], [0, 2]);
});

test('line screen: typing at the end sends just what was typed', (t) => {
  const size = { columns: 80, rows: 24 };
  const before = layOut('$ ', { text: 'ab', cursor: 2 }, size);
  t.is(paint(before, layOut('$ ', { text: 'abc', cursor: 3 }, size)), 'c');
});
