// Records of the audit log as comma-separated values (RFC 4180), for spreadsheets.

import { printable } from '../model/printable.ts';
import type { AuditRecord } from './audit-query.ts';

/** The columns: every field that a record can have. */
const COLUMNS = [
  'timestamp',
  'level',
  'event',
  'user',
  'address',
  'sessionId',
  'face',
  'path',
  'target',
  'bytes',
  'durationMs',
  'outcome',
  'method',
  'key',
  'client',
  'reason',
  'command',
  'exitStatus',
  'bytesReceived',
  'bytesSent',
  'verb',
  'words',
  'hostAccount',
] as const;

/** The first line, without its end. */
export const AUDIT_CSV_HEAD: string = COLUMNS.join(',');

/** The line of a record, without its end. */
export function auditCsvLine(record: AuditRecord): string {
  return COLUMNS.map((column) => cell(record[column])).join(',');
}

/**
 * Control characters are escaped, so that a record is a line. Text that a spreadsheet would take for a formula gets a
 * `'` before it: names and commands come from strangers.
 */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
  const harmless = typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
