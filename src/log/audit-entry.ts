// How an audit event becomes a line of the log, whoever writes it there.

import type { AuditEvent } from '../model/event.ts';

/** A line without its time. */
export interface AuditEntry {
  readonly level: 'warn' | 'info';
  readonly message: string;
  readonly event: string;
}

export function auditEntry(event: AuditEvent): AuditEntry {
  const { event: name, ...fields } = event;
  return { level: auditLevel(event), message: name, event: name, ...fields };
}

/** What was refused or failed is a warning, so that it can be seen among thousands of transfers. */
function auditLevel(event: AuditEvent): AuditEntry['level'] {
  if (event.event === 'session.refused') return 'warn';
  if ('outcome' in event && event.outcome !== 'ok' && event.outcome !== 'not-found') return 'warn';
  return 'info';
}
