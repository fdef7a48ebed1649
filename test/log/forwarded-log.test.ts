import test from 'ava';
import { forwardLog } from '../../src/log/forwarded-log.ts';
import type { LogRecord } from '../../src/log/records.ts';

/** Takes records when it is let. */
function writer() {
  const taken: LogRecord[][] = [];
  const answers: Array<() => void> = [];
  return {
    taken,
    send: (records: readonly LogRecord[]): Promise<void> =>
      new Promise((resolve) => {
        taken.push([...records]);
        answers.push(resolve);
      }),
    /** Answers what was sent, and lets what follows be sent. */
    async answer(): Promise<void> {
      answers.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const messages = (records: readonly LogRecord[]): string[] => records.map(({ message }) => message);

test('forwarded log: records go in their order, all that wait together, with the time they were made', async (t) => {
  const { taken, send, answer } = writer();
  const log = forwardLog({ level: 'info', send });
  log.info('one', { n: 1 });
  log.warn('two');
  await answer();
  log.audit({ event: 'session.open', sessionId: 'a', address: '192.0.2.1', client: 'x' });
  log.debug('is not logged');
  const id = log.unexpected(new Error('broken'), 'testing');
  t.deepEqual(taken.map(messages), [['one', 'two']]);
  await answer();
  await answer();
  t.deepEqual(taken.map(messages), [
    ['one', 'two'],
    ['session.open', 'internal error while testing'],
  ]);
  t.like(taken[0]?.[0], { level: 'info', n: 1 });
  t.like(taken[1]?.[0], { level: 'info', event: 'session.open', address: '192.0.2.1' });
  t.like(taken[1]?.[1], { level: 'error', id });
  t.regex(String(taken[1]?.[1]?.['error']), /^Error: broken\n\s+at /);
  for (const record of taken.flat()) t.regex(String(record['timestamp']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('forwarded log: its end waits until all was taken', async (t) => {
  const { taken, send, answer } = writer();
  const log = forwardLog({ level: 'info', send });
  log.info('one');
  let isClosed = false;
  const closed = log.close().then(() => {
    isClosed = true;
  });
  await answer();
  log.info('two');
  await answer();
  t.false(isClosed);
  await answer();
  await closed;
  t.deepEqual(taken.map(messages), [['one'], ['two']]);
});

test('forwarded log: what waits is bounded, and what was lost is counted', async (t) => {
  const { taken, send, answer } = writer();
  const log = forwardLog({ level: 'info', send, maxWaiting: 3 });
  log.info('on its way');
  await answer();
  for (let n = 1; n <= 5; n += 1) log.info(`record ${n}`);
  await answer();
  t.deepEqual(taken.map(messages), [
    ['on its way'],
    ['record 1', 'record 2', 'record 3', 'log records were lost: too many waited'],
  ]);
  t.like(taken[1]?.[3], { level: 'error', lost: 2 });
});

test('forwarded log: nobody who takes records is no error, and nothing to wait for', async (t) => {
  const log = forwardLog({ level: 'info', send: () => Promise.reject(new Error('gone')) });
  log.info('one');
  await log.close();
  log.info('two');
  await log.close();
  t.pass();
});
