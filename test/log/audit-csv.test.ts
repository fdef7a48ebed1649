import test from 'ava';
import fc from 'fast-check';
import { AUDIT_CSV_HEAD, auditCsvLine } from '../../src/log/audit-csv.ts';

/** Reads one line of RFC 4180, the plain way. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  for (let at = 0; ; at += 1) {
    const [text = '', quoted, plain = ''] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(line.slice(at)) ?? [];
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += text.length;
    if (at === line.length) return cells;
    if (line[at] !== ',') throw new Error(`no cell ends at ${line.slice(at)}`);
  }
}

const COLUMNS = AUDIT_CSV_HEAD.split(',');
const pathOf = (line: string): string | undefined => cellsOf(line)[COLUMNS.indexOf('path')];

test('audit csv: a record is a line, whatever is in it, and reads back', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (path) => {
      const line = auditCsvLine({ event: 'file.upload', path: `/${path}`, bytes: -5, user: 'al' });
      if (/[\r\n\u0000-\u001f\u007f-\u009f]/.test(line)) throw new Error('a control character');
      const cells = cellsOf(line);
      if (cells.length !== COLUMNS.length) throw new Error('cells are missing');
      if (!/[\u0000-\u001f\u007f-\uffff]/.test(path) && pathOf(line) !== `/${path}`) throw new Error(`${pathOf(line)}`);
    }),
  );
  t.pass();
});

test('audit csv: quotes, commas and blanks at the ends are quoted', (t) => {
  t.is(pathOf(auditCsvLine({ path: '/a "b", c ' })), '/a "b", c ');
  t.true(auditCsvLine({ path: '/a,b' }).includes('"/a,b"'));
});

test('audit csv: no text is a formula for a spreadsheet, and numbers stay numbers', (t) => {
  for (const target of ['=1+1', '+1', '-1', '@x', '=HYPERLINK("x")']) {
    const cell = cellsOf(auditCsvLine({ target }))[COLUMNS.indexOf('target')];
    t.is(cell, `'${target}`);
  }
  t.is(cellsOf(auditCsvLine({ bytes: -5 }))[COLUMNS.indexOf('bytes')], '-5');
});
