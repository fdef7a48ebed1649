import test from 'ava';
import fc from 'fast-check';
import { isScpCommand, parseScpCommand } from '../../src/scp/command.ts';
import { ScpProtocolError } from '../../src/scp/protocol-error.ts';
import { entryLine, parseRecord, timesLine } from '../../src/scp/record.ts';

test('record: files, folders, times, ends and errors', (t) => {
  t.deepEqual(parseRecord('C0644 12 a b'), { kind: 'file', mode: 0o644, sizeBytes: 12, name: 'a b' });
  t.deepEqual(parseRecord('D0755 0 dir'), { kind: 'directory', mode: 0o755, name: 'dir' });
  t.deepEqual(parseRecord('E'), { kind: 'end' });
  t.deepEqual(parseRecord('T10 0 20 0'), { kind: 'times', times: { modifiedMs: 10_000, accessedMs: 20_000 } });
  t.deepEqual(parseRecord('\x01scp: no'), { kind: 'error', message: 'scp: no' });
  t.deepEqual(parseRecord('\x02scp: no'), { kind: 'fatal', message: 'scp: no' });
});

test('record: set-id and sticky bits are not taken', (t) => {
  t.like(parseRecord('C7777 0 a'), { mode: 0o777 });
});

for (const line of [
  '',
  'X',
  'C0644 1',
  'C0644 1 ',
  'C0644 1 .',
  'C0644 1 ..',
  'C0644 1 a/b',
  'C0644 1 /etc/passwd',
  'C0644 1 ../x',
  'C0644 1 a\0b',
  'D0755 0 ..',
  'C0644 -1 a',
  'C0644 9007199254740992 a',
  'C0644 1e3 a',
  'C9999 1 a',
  'C644 1 a',
  'T1 0 2',
  'T-1 0 2 0',
  'Tx 0 2 0',
]) {
  test(`record: refused: ${JSON.stringify(line)}`, (t) => {
    t.throws(() => parseRecord(line), { instanceOf: ScpProtocolError });
  });
}

test('record: any line is read or refused, never anything else', (t) => {
  const line = fc.tuple(fc.constantFrom('C0644 1 ', 'D0755 0 ', 'T1 0 ', 'E', ''), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(line, ([start, rest]) => {
      try {
        const record = parseRecord(start + rest);
        if (record.kind === 'file' || record.kind === 'directory') return !record.name.includes('/');
      } catch (error) {
        if (!(error instanceof ScpProtocolError)) throw error;
      }
      return true;
    }),
  );
  t.pass();
});

test('record: is written as it is read', (t) => {
  t.is(entryLine('C', 0o100640, 5, 'a b'), 'C0640 5 a b');
  t.is(entryLine('D', 0o40755, 0, 'x\ny'), 'D0755 0 x\\ny');
  t.is(timesLine({ modifiedMs: 1999, accessedMs: -5 }), 'T1 0 0 0');
});

test('scp command: is told from others by its first word', (t) => {
  for (const line of ['scp -t x', '/usr/bin/scp -f x', '  scp', 'scp']) t.true(isScpCommand(line), line);
  for (const line of ['scpx', 'ls scp', "'scp' -t x", 'x/scp.sh', '']) t.false(isScpCommand(line), line);
});

test('scp command: options may be together or apart, and end with --', (t) => {
  const options = { recursive: true, preserve: true, targetIsFolder: false };
  t.deepEqual(parseScpCommand(['scp', '-rp', '-t', 'x']), { direction: 'to', ...options, paths: ['x'] });
  t.deepEqual(parseScpCommand(['scp', '-r', '-v', '-p', '-f', '--', '-x', 'y']), {
    direction: 'from',
    ...options,
    paths: ['-x', 'y'],
  });
  for (const words of [
    ['scp'],
    ['scp', '-t'],
    ['scp', 'a', 'b'],
    ['scp', '-tf', 'x'],
    ['scp', '-S', 'sh', '-t', 'x'],
  ]) {
    t.is(parseScpCommand(words), undefined, words.join(' '));
  }
});
