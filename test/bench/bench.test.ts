// The parts of the bench that only compute: what is read of /proc, how rounds are summed up, judged and drawn. How fast
// anything is, no test says.

import test from 'ava';
import { parsePssBytes, parseStat, treeOf } from '../../bench/measure/proc.ts';
import { summarize } from '../../bench/measure/statistics.ts';
import { parseOptions } from '../../bench/options.ts';
import { formatNumber, formatSpread } from '../../bench/report/format.ts';
import { createLedger } from '../../bench/report/ledger.ts';
import { plot } from '../../bench/report/plot.ts';
import type { PartResult, Row } from '../../bench/report/row.ts';
import { resultsPage, rowTable } from '../../bench/report/table.ts';
import { judge } from '../../bench/report/targets.ts';

const STAT =
  '4242 (a (b) c) S 17 4242 4242 0 -1 4194560 2000 0 5 0 120 30 400 50 20 0 11 0 987654 1000000 5000 18446744073709551615';

test('bench /proc: stat of a process whose name has blanks and brackets', (t) => {
  t.deepEqual(parseStat(STAT), {
    pid: 4242,
    parent: 17,
    ownSeconds: 1.5,
    endedChildrenSeconds: 4.5,
    startedAt: 987654,
  });
});

test('bench /proc: the PSS of smaps_rollup in bytes', (t) => {
  const text = '55a1-7ffe ---p 00000000 00:00 0 [rollup]\nRss:     3976 kB\nPss:      747 kB\nPss_Dirty:  543 kB\n';
  t.is(parsePssBytes(text), 747 * 1024);
  t.throws(() => parsePssBytes(''), { message: /no line/ });
});

test('bench /proc: a tree has children of children, and nobody else', (t) => {
  const processes = [
    [1, 0],
    [5, 1],
    [6, 5],
    [7, 6],
    [8, 1],
  ].map(([pid = 0, parent = 0]) => ({ pid, parent, ownSeconds: 0, endedChildrenSeconds: 0, startedAt: 0 }));
  t.deepEqual(
    treeOf(5, processes).map(({ pid }) => pid),
    [5, 6, 7],
  );
  t.deepEqual(treeOf(9, processes), []);
});

test('bench statistics: median, least and most of odd and even numbers of rounds', (t) => {
  t.deepEqual(summarize([30, 4, 5]), { median: 5, least: 4, most: 30 });
  t.deepEqual(summarize([1, 10, 2, 3]), { median: 2.5, least: 1, most: 10 });
});

test('bench format: three digits, and the spread beside the median', (t) => {
  t.deepEqual([0, 0.01234, 1.2345, 123.4, 999.7, 12345].map(formatNumber), [
    '0',
    '0.0123',
    '1.23',
    '123',
    '1,000',
    '12,345',
  ]);
  t.is(formatNumber(Number.NaN), '-');
  t.is(formatSpread([1, 2, 4]), '2.00 (1.00-4.00)');
});

test('bench options: parts in their order, and a message for what is not known', (t) => {
  const { form, parts, servers } = parseOptions(['--only', 'small,bulk', '--quick']);
  t.is(form, 'quick');
  t.deepEqual(parts, ['bulk', 'small']);
  t.deepEqual(servers, ['sshome', 'openssh', 'rclone', 'proftpd']);
  t.deepEqual(parseOptions(['--ci']).servers, ['sshome', 'openssh']);
  t.throws(() => parseOptions(['--only', 'bulk,huge']), { message: /no huge among/ });
  t.throws(() => parseOptions(['--only']), { message: /wants a value/ });
  t.throws(() => parseOptions(['--fast']), { message: /no option --fast/ });
});

test('bench ledger: rounds of one row are gathered; who failed is known', (t) => {
  const lines: string[] = [];
  const ledger = createLedger((line) => lines.push(line));
  const row = { operation: 'put', subject: 'sshome', unit: 'MB/s', better: 'higher' } as const;
  ledger.record(row, 10, { cpuSeconds: 1, memoryBytes: 100 });
  ledger.record(row, 20, { cpuSeconds: 2, memoryBytes: 200 });
  ledger.fail('rclone', 'put', new Error('no such cipher'));
  t.deepEqual(ledger.rows, [{ ...row, values: [10, 20], cpuSeconds: [1, 2], memoryBytes: [100, 200] }]);
  t.deepEqual([...ledger.failed], ['rclone']);
  t.deepEqual(lines, ['  note: rclone failed at put: no such cipher']);
});

const row = (operation: string, subject: string, value: number, cpuSeconds = 1): Row => ({
  operation,
  subject,
  unit: 'MB/s',
  better: 'higher',
  values: [value],
  cpuSeconds: [cpuSeconds],
  memoryBytes: [5_000_000],
});

const BULK = [row('get aes128-gcm', 'sshome', 650, 0.9), row('get aes128-gcm', 'openssh', 500)];

test('bench targets: reached, missed, and not measured', (t) => {
  const verdicts = judge('bulk', BULK);
  const of = (label: string) => verdicts.find((verdict) => verdict.label === label);
  t.like(of('get aes128-gcm: throughput'), { wanted: '>= 1.3x', reached: '1.30x', isReached: true });
  t.like(of('get aes128-gcm: server CPU'), { wanted: '<= 0.8x', reached: '0.900x', isReached: false });
  t.like(of('put aes128-gcm: throughput'), { reached: undefined, isReached: false });
});

const RESULT: PartResult = {
  part: 'bulk',
  form: 'full',
  at: '2026-01-02T03:04:05.000Z',
  machine: ['2 x some processor'],
  versions: { openssh: 'OpenSSH_9.2p1' },
  rows: BULK,
  notes: ['proftpd failed at bulk: no such cipher'],
};

test('bench table: rows with their relation to OpenSSH, targets with yes and no, notes', (t) => {
  const page = resultsPage([RESULT]);
  t.true(page.includes('| get aes128-gcm | sshome | 650 (650-650) MB/s | 1.30x | 0.900 (0.900-0.900) s | 5.00 MB |'));
  t.true(page.includes('| get aes128-gcm: throughput | >= 1.3x | 1.30x | yes |'));
  t.true(page.includes('| get aes128-gcm: server CPU | <= 0.8x | 0.900x | **no** |'));
  t.true(page.includes('- proftpd failed at bulk: no such cipher'));
  t.false(resultsPage([{ ...RESULT, form: 'ci' }]).includes('reached'), 'tiny sizes are not judged');
});

const CURVE: Row[] = [1, 10, 100].map((x) => ({
  ...row(`sessions: ${x}`, 'sshome', 5 * x),
  unit: 'µs',
  curve: { name: 'time & sessions', axis: 'sessions', x },
}));

test('bench table: points of curves stand side by side', (t) => {
  t.deepEqual(rowTable(CURVE.slice(0, 1)), [
    '| operation | sshome |',
    '| --- | --- |',
    '| sessions: 1 | 5.00 (5.00-5.00) µs |',
  ]);
});

test('bench plot: bars and curves are whole SVG with finite numbers and escaped words', (t) => {
  for (const [rows, shape, count] of [
    [BULK, '<rect', 3],
    [CURVE, '<circle', 3],
  ] as const) {
    const svg = plot('a part', rows);
    t.true(svg.startsWith('<svg '));
    t.true(svg.endsWith('</svg>\n'));
    t.is(svg.split(shape).length - 1, count);
    t.notRegex(svg, /NaN|Infinity|undefined/);
  }
  t.true(plot('a part', CURVE).includes('time &amp; sessions'));
  t.notRegex(plot('nothing was measured', []), /NaN|Infinity/);
});
