import test from 'ava';
import fc from 'fast-check';
import { linesOf } from '../../src/accounts/edit-lines.ts';

function edit(content: string, change: (lines: ReturnType<typeof linesOf>) => void): string {
  const lines = linesOf(content);
  change(lines);
  return lines.toString();
}

test('edit lines: a line is replaced with its end kept', (t) => {
  t.is(
    edit('a\r\nb\nc', (lines) => lines.set(1, 'A')),
    'A\r\nb\nc',
  );
  t.is(
    edit('a\r\nb\nc', (lines) => lines.set(3, 'C')),
    'a\r\nb\nC',
  );
});

test('edit lines: a line is removed with its end', (t) => {
  t.is(
    edit('\ufeffa\nb\nc\n', (lines) => lines.set(1, undefined)),
    '\ufeffb\nc\n',
  );
});

test('edit lines: a line is added after the last, which gets an end if it has none', (t) => {
  const append = (content: string): string => edit(content, (lines) => lines.append('new'));
  t.is(append(''), 'new\n');
  t.is(append('a'), 'a\nnew\n');
  t.is(append('a\r\nb'), 'a\r\nb\r\nnew\r\n');
  t.is(append('a\n\n'), 'a\n\nnew\n');
});

test('edit lines: a text that is not changed is the same to the character', (t) => {
  const text = fc.array(fc.constantFrom('a', '\n', '\r', '\ufeff', ':')).map((pieces) => pieces.join(''));
  t.notThrows(() => fc.assert(fc.property(text, (content) => linesOf(content).toString() === content)));
});
