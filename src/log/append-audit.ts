// Writes an audit event into the log file of a server that does not run.

import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AuditEvent } from '../model/event.ts';
import { printableJson } from '../model/printable.ts';
import { LOG_FILE_MODE } from './file-output.ts';
import { auditRecord } from './records.ts';

/** Appends one line. A log that root begins belongs to the owner of its folder: a server that runs as that one writes on. */
export async function appendAudit(file: string, event: AuditEvent): Promise<void> {
  const handle = await open(file, 'a', LOG_FILE_MODE);
  try {
    if (process.getuid?.() === 0 && (await handle.stat()).size === 0) {
      const { uid, gid } = await stat(dirname(file));
      await handle.chown(uid, gid);
    }
    await handle.appendFile(`${printableJson({ ...auditRecord(event), timestamp: new Date().toISOString() })}\n`);
  } finally {
    await handle.close();
  }
}
