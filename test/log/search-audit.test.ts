import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { appendAudit } from '../../src/log/append-audit.ts';
import { type AuditQuery, type AuditRecord, compileQuery } from '../../src/log/audit-query.ts';
import { findLogParts, openLogPart } from '../../src/log/log-files.ts';
import { linesBackward, linesForward } from '../../src/log/log-lines.ts';
import { NoLogError, searchAudit } from '../../src/log/search-audit.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const START = Date.parse('2025-01-01T00:00:00Z');

/** Record `number`, of which there is one a minute. */
function record(number: number, fields: Readonly<Record<string, unknown>> = {}): AuditRecord {
  const event = ['file.upload', 'file.download', 'session.login', 'admin.user'][number % 4];
  return {
    level: 'info',
    message: event,
    event,
    user: ['alice', 'bob'][number % 2],
    number,
    timestamp: new Date(START + number * 60_000).toISOString(),
    ...fields,
  };
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

/** A log with these contents, the newest first; resolves to its file. */
async function withLog(t: ExecutionContext, ...contents: readonly string[]): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [index, content] of contents.entries()) {
    await writeFile(join(folder, `log${index === 0 ? '' : index}.jsonl`), content);
  }
  return join(folder, 'log.jsonl');
}

async function search(file: string, query: AuditQuery = {}, limit?: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const one of searchAudit({ file, query, limit })) found.push(one['number']);
  return found;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

test('audit search: goes through the rotated files, the oldest record first', async (t) => {
  const lines = (from: number, to: number): string =>
    range(from, to)
      .map((one) => line(record(one)))
      .join('');
  const file = await withLog(t, lines(40, 50), lines(20, 40), lines(10, 20), lines(0, 10));
  await writeFile(file.replace('log.jsonl', 'log12.jsonl'), line(record(-1, { event: 'file.link' })));
  await writeFile(file.replace('log.jsonl', 'logs.jsonl'), line(record(-2)));
  await writeFile(file.replace('log.jsonl', 'log01.jsonl'), line(record(-3)));
  await mkdir(file.replace('log.jsonl', 'log9.jsonl'));
  t.deepEqual(await search(file), range(-1, 50));
  t.deepEqual(await search(file, { event: 'session.login' }, 3), [38, 42, 46]);
});

test('audit search: passes over other messages, lines that are not whole, and lines without end', async (t) => {
  const content = [
    line({ level: 'info', message: 'listening', timestamp: 'x' }),
    line(record(1)),
    'not json "event"\n',
    `{"event":"${'x'.repeat(3 * 1024 * 1024)}"}\n`,
    '[{"event":1}]\n"event"\nnull\n\n\r\n',
    line(record(2)),
    JSON.stringify(record(3)).slice(0, -5),
  ].join('');
  const file = await withLog(t, content);
  t.deepEqual(await search(file), [1, 2]);
  t.deepEqual(await search(file, {}, 1), [2]);
  t.deepEqual(await search(file, {}, 5), [1, 2]);
});

test('audit search: a log that is not there is an error of its own', async (t) => {
  const file = join(await temporaryFolder(t), 'log.jsonl');
  await t.throwsAsync(search(file), { instanceOf: NoLogError });
  await t.throwsAsync(search(join(file, 'nowhere', 'log.jsonl')), { instanceOf: NoLogError });
});

test('audit search: what is written while it reads is not found, and what is rotated away is', async (t) => {
  const file = await withLog(t, line(record(2)), line(record(1)), line(record(0)));
  const found: unknown[] = [];
  for await (const one of searchAudit({ file, query: {} })) {
    found.push(one['number']);
    if (found.length > 1) continue;
    // As winston does it: the last one goes, the others move on.
    const named = (number: number | ''): string => file.replace('log.jsonl', `log${number}.jsonl`);
    await rename(named(1), named(2));
    await rename(named(''), named(1));
    await writeFile(file, line(record(3)));
    await appendFile(named(1), line(record(4)));
  }
  t.deepEqual(found, [0, 1, 2]);
});

test('audit search: a part that is gone meanwhile is left out, and its name means nothing', async (t) => {
  const file = await withLog(t, line(record(1)), line(record(0)));
  const parts = await findLogParts(file);
  const [oldest] = parts;
  t.is(parts.length, 2);
  if (oldest === undefined) return;
  // Made before the other is gone, or it might get its inode.
  await writeFile(`${file}.new`, line(record(9)));
  await rm(file.replace('log.jsonl', 'log1.jsonl'));
  await rename(`${file}.new`, file.replace('log.jsonl', 'log1.jsonl'));
  t.is(await openLogPart(file, oldest), undefined);
});

test('audit search: a file that was last changed before the time that is asked for is not opened', async (t) => {
  const file = await withLog(t, line(record(1)), line(record(0)));
  t.deepEqual(await search(file, { sinceMs: Date.now() + 3_600_000 }), []);
  t.deepEqual(await search(file, { sinceMs: START + 60_000 }), [1]);
});

test('audit search: with any limit the newest that answer, however the records lie in files and chunks', async (t) => {
  t.timeout(60_000);
  const folder = await temporaryFolder(t);
  const file = join(folder, 'log.jsonl');
  const chunk = 64 * 1024;
  // Lengths around those where a line ends with a chunk.
  const filler = fc.oneof(
    fc.nat(300),
    fc.integer({ min: chunk - 200, max: chunk + 50 }),
    fc.integer({ min: 2 * chunk - 200, max: 2 * chunk }),
  );
  const logs = fc.array(fc.array(filler, { maxLength: 5 }), { minLength: 1, maxLength: 4 });
  const queries = fc.record<AuditQuery>({
    event: fc.constantFrom(undefined, 'file.*', 'admin.user'),
    user: fc.constantFrom(undefined, 'alice'),
    sinceMs: fc.option(fc.integer({ min: START, max: START + 20 * 60_000 }), { nil: undefined }),
    untilMs: fc.option(fc.integer({ min: START, max: START + 20 * 60_000 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(
      logs,
      queries,
      fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
      async (files, query, limit) => {
        await rm(folder, { recursive: true });
        await mkdir(folder);
        let number = 0;
        const all: AuditRecord[] = [];
        for (const [index, fillers] of files.entries()) {
          const records = fillers.map((length) => record(number++, { filler: 'x'.repeat(length) }));
          all.push(...records);
          const name = index === files.length - 1 ? 'log.jsonl' : `log${files.length - 1 - index}.jsonl`;
          await writeFile(join(folder, name), records.map(line).join(''));
        }
        const wanted = all.filter(compileQuery(query)).map((one) => one['number']);
        const found = await search(file, query, limit);
        if (JSON.stringify(found) !== JSON.stringify(limit === undefined ? wanted : wanted.slice(-limit))) {
          throw new Error(`found ${found} of ${wanted}`);
        }
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});

test('log lines: backwards and forwards the same lines, each where it begins', async (t) => {
  const lines = ['', 'first', 'x'.repeat(70_000), '', 'y'.repeat(64 * 1024 - 1), 'z'.repeat(64 * 1024), 'last'];
  const file = await withLog(t, lines.join('\n'));
  const [part] = await findLogParts(file);
  const handle = part && (await openLogPart(file, part));
  if (part === undefined || handle === undefined) return t.fail();
  const forward: string[] = [];
  for await (const one of linesForward(handle, 0, part.sizeBytes)) forward.push(one.toString());
  t.deepEqual(forward, lines);
  const backward: string[] = [];
  for await (const { line: one, at } of linesBackward(handle, part.sizeBytes)) {
    backward.unshift(one.toString());
    for await (const same of linesForward(handle, at, part.sizeBytes)) {
      t.is(same.toString(), one.toString());
      break;
    }
  }
  t.deepEqual(backward, lines);
  await handle.close();
});

const questions: readonly [title: string, query: AuditQuery, record: AuditRecord, answers: boolean][] = [
  ['a path', { path: '/a' }, { path: '/a' }, true],
  ['a path below', { path: '/a/' }, { path: '/a/b' }, true],
  ['a path that begins alike', { path: '/a' }, { path: '/ab' }, false],
  ['the root', { path: '/' }, { path: '/a' }, true],
  ['a pattern', { path: '*.PDF' }, { path: '/a/.b/x.PDF' }, true],
  ['the second path', { path: '/b' }, { path: '/a', target: '/b/c' }, true],
  ['a user who is no path', { path: '/bob' }, { target: '/bob' }, false],
  ['a user', { user: 'bob' }, { user: 'bob' }, true],
  ['a pattern of users', { user: 'b*' }, { user: 'bob' }, true],
  ['to whom it was done', { user: 'bob' }, { event: 'admin.user', user: 'al', target: 'bob' }, true],
  ['where it was done', { user: 'bob' }, { event: 'file.rename', user: 'al', target: 'bob' }, false],
  ['an event', { event: 'file.upload' }, { event: 'file.uploads' }, false],
  ['events', { event: 'file.*' }, { event: 'file.upload' }, true],
  ['an address', { address: '192.0.2.1' }, { address: '192.0.2.1' }, true],
  ['a network', { address: '192.0.2.0/24,2001:db8::/32' }, { address: '2001:db8::1' }, true],
  ['another network', { address: '192.0.2.0/24' }, { address: '198.51.100.1' }, false],
  ['no address', { address: '0.0.0.0/0' }, {}, false],
  ['an outcome', { outcome: 'no-space' }, { outcome: 'no-space' }, true],
  ['what failed', { outcome: 'failed' }, { outcome: 'no-space' }, true],
  ['what did not fail', { outcome: 'failed' }, { outcome: 'ok' }, false],
  ['what has no outcome', { outcome: 'failed' }, { event: 'session.open' }, false],
  ['a login that failed', { outcome: 'failed' }, { event: 'session.refused' }, true],
  ['a session', { session: 'ab' }, { sessionId: 'ab' }, true],
  ['the moment itself', { sinceMs: START, untilMs: START }, record(0), true],
  ['a moment before', { sinceMs: START + 1 }, record(0), false],
  ['no time', { sinceMs: 0 }, {}, false],
];

for (const [title, query, given, answers] of questions) {
  test(`audit query: ${title}`, (t) => {
    t.is(compileQuery(query)(given), answers);
  });
}

test('audit query: what is no address and no path is refused', (t) => {
  t.throws(() => compileQuery({ address: 'here' }), { instanceOf: RangeError });
  t.throws(() => compileQuery({ path: '/a\0' }), { message: /NUL/ });
});

test('audit log: an event that is appended from outside is one that a search finds', async (t) => {
  const file = await withLog(t, line(record(0)));
  await appendAudit(file, {
    event: 'admin.user',
    face: 'cli',
    hostAccount: 'root',
    verb: 'user add',
    target: 'bob',
    outcome: 'ok',
  });
  const found: AuditRecord[] = [];
  for await (const one of searchAudit({ file, query: { user: 'bob' } })) found.push(one);
  t.like(found, [{ level: 'info', message: 'admin.user', event: 'admin.user', target: 'bob', hostAccount: 'root' }]);
  t.true(Math.abs(Date.parse(String(found[0]?.['timestamp'])) - Date.now()) < 60_000);
});
