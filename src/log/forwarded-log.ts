// The log of a process that writes none itself: its records are sent to the one that does, in their order, as many at a
// time as have come since the last were taken.

import { type AuditingLog, LOG_LEVELS, type LogLevel, type LogRecord, logRecords, timed } from './records.ts';

/** Beyond this records are lost, and their number is told: whoever writes has been stuck for long. */
const MAX_WAITING = 50_000;

export interface ForwardedLog extends AuditingLog {
  /** Resolves when everything logged has been taken, or nobody takes it any more. */
  close(): Promise<void>;
}

export interface ForwardedLogParts {
  readonly level: LogLevel;
  /** Resolves when the records are taken. Called again only then. */
  readonly send: (records: readonly LogRecord[]) => Promise<void>;
  readonly maxWaiting?: number;
}

export function forwardLog({ level, send, maxWaiting = MAX_WAITING }: ForwardedLogParts): ForwardedLog {
  let waiting: LogRecord[] = [];
  let lost = 0;
  let sending: Promise<void> | undefined;

  const sendAll = async (): Promise<void> => {
    // What is logged together is sent together.
    await undefined;
    try {
      while (waiting.length > 0) {
        const records = waiting;
        waiting = [];
        if (lost > 0) records.push(timed({ level: 'error', message: 'log records were lost: too many waited', lost }));
        lost = 0;
        await send(records);
      }
    } catch {
      // Who can't be reached takes nothing more: this process is about to end as well.
    } finally {
      sending = undefined;
    }
  };

  const log = logRecords((record) => {
    if (LOG_LEVELS[record.level] > LOG_LEVELS[level]) return;
    if (waiting.length >= maxWaiting) {
      lost += 1;
      return;
    }
    waiting.push(timed(record));
    sending ??= sendAll();
  });
  return {
    ...log,
    close: async () => {
      while (sending !== undefined) await sending;
    },
  };
}
