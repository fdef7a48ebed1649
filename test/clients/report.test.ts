import test from 'ava';
import { conformancePage } from './report.ts';
import type { Outcome, Result } from './results.ts';

const result = (check: string, outcome: Outcome, note?: string): Result => ({
  client: 'psftp | old',
  version: '0.78',
  check,
  outcome,
  ...(note === undefined ? {} : { note }),
});

test('report: a client has its counts, its row of the matrix and its reasons', (t) => {
  const page = conformancePage({
    run: '2026-01-31',
    suites: [],
    results: [
      result('logs in by key', 'works'),
      result('logs in by password', 'works'),
      result('goes on with an upload that broke off', 'works'),
      result('goes on with a download that broke off', 'unable', 'no command\nand more'),
      result('renames over a file', 'fails', 'Difference'),
      result('deletes a file', 'unable', 'never'),
      result('carries a name with newline', 'unable', 'commands are lines'),
      result('has a command of its own', 'works'),
    ],
  });
  const lines = page.split('\n');
  t.true(lines.includes('| psftp \\| old | 0.78 | 4 | 3 | 1 |'), page);
  const row = lines.filter((line) => line.startsWith('| psftp')).at(1) ?? '';
  t.deepEqual(
    row.split(' | ').filter((text) => text.trim() !== ''),
    ['| psftp \\| old', 'yes', '1/2', 'FAIL', '- |'],
  );
  t.true(lines.includes('- has a command of its own'));
  t.true(lines.includes('- goes on with a download that broke off: no command'));
  t.true(lines.includes('- carries a name with newline: commands are lines'));
  t.true(lines.includes('- FAILS: renames over a file: Difference'));
});

test('report: suites of others stand beside the result of OpenSSH', (t) => {
  const page = conformancePage({
    run: '2026-01-31',
    results: [],
    suites: [
      {
        suite: 'pkg/sftp',
        version: '1.13',
        sshome: { passed: 10, failed: 0, skipped: 2 },
        openssh: { passed: 9, failed: 1, skipped: 2 },
        note: '',
      },
    ],
  });
  t.true(
    page.includes('| pkg/sftp | 1.13 | 10 passed, 0 failed, 2 skipped | 9 passed, 1 failed, 2 skipped |  |'),
    page,
  );
});
