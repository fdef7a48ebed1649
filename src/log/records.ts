// What is logged, as records: of sentences and of audit events. Where they are written is another's.

import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { Audit, AuditEvent } from '../model/event.ts';
import type { Log, LogFields } from '../model/log.ts';

export const LOG_LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;

export type LogLevel = keyof typeof LOG_LEVELS;

/** Plain data. An audit event has its name as `message` and as `event`. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface AuditingLog extends Log {
  readonly audit: Audit;
}

/** A log that makes records and has them written by `write`, which must not throw. */
export function logRecords(write: (record: LogRecord) => void): AuditingLog {
  const say =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      write({ level, message, ...fields });
  return {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    unexpected: (error, doing, fields) => {
      const id = randomBytes(4).toString('hex');
      write({ level: 'error', message: `internal error while ${doing}`, ...fields, id, error: inspect(error) });
      return id;
    },
    audit: (event) => write(auditRecord(event)),
  };
}

export function auditRecord(event: AuditEvent): LogRecord {
  const { event: name, ...fields } = event;
  return { level: auditLevel(event), message: name, event: name, ...fields };
}

/** What was refused or failed is a warning, so that it can be seen among thousands of transfers. */
function auditLevel(event: AuditEvent): LogLevel {
  if (event.event === 'session.refused') return 'warn';
  if ('outcome' in event && event.outcome !== 'ok' && event.outcome !== 'not-found') return 'warn';
  return 'info';
}

/** With when it happened, unless that was told: it is written later. */
export function timed(record: LogRecord): LogRecord {
  return record['timestamp'] === undefined ? { ...record, timestamp: new Date().toISOString() } : record;
}
