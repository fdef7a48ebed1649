// Searches the audit log, the rotated files too, for the records that answer a question, oldest first. The log may be
// large and be written to meanwhile: it is read as it was at the beginning, a chunk at a time.

import { type AuditQuery, type AuditRecord, compileQuery } from './audit-query.ts';
import { findLogParts, type LogPart, openLogPart } from './log-files.ts';
import { linesBackward, linesForward } from './log-lines.ts';

/** There is no log to search. */
export class NoLogError extends Error {
  override readonly name = 'NoLogError';
}

export interface AuditSearch {
  /** The log file. */
  readonly file: string;
  readonly query: AuditQuery;
  /** How many records at most, of which the newest; undefined for all. */
  readonly limit?: number | undefined;
}

/** The records found, oldest first. @throws NoLogError, and what compileQuery throws */
export async function* searchAudit({ file, query, limit }: AuditSearch): AsyncGenerator<AuditRecord> {
  const answers = compileQuery(query);
  const all = await findLogParts(file);
  if (all.length === 0) throw new NoLogError('there is no log file yet');
  // A file holds nothing newer than its last change.
  const parts = all.filter(({ modifiedMs }) => modifiedMs >= (query.sinceMs ?? 0));
  const start = limit === undefined ? { part: 0, at: 0 } : await findStart({ file, parts, answers, limit });
  for (const [index, part] of parts.entries()) {
    if (index < start.part) continue;
    const from = index === start.part ? start.at : 0;
    const handle = await openLogPart(file, part);
    try {
      if (handle === undefined) continue;
      for await (const line of linesForward(handle, from, part.sizeBytes)) {
        const record = readRecord(line);
        if (record !== undefined && answers(record)) yield record;
      }
    } finally {
      await handle?.close();
    }
  }
}

/** Where the newest `limit` records that answer begin. They are looked for from the end, and none is kept. */
async function findStart(by: {
  readonly file: string;
  readonly parts: readonly LogPart[];
  readonly answers: (record: AuditRecord) => boolean;
  readonly limit: number;
}): Promise<{ readonly part: number; readonly at: number }> {
  let found = 0;
  for (let index = by.parts.length - 1; index >= 0; index -= 1) {
    const part = by.parts[index];
    const handle = part && (await openLogPart(by.file, part));
    try {
      if (handle === undefined || part === undefined) continue;
      for await (const { line, at } of linesBackward(handle, part.sizeBytes)) {
        const record = readRecord(line);
        if (record === undefined || !by.answers(record)) continue;
        found += 1;
        if (found === by.limit) return { part: index, at };
      }
    } finally {
      await handle?.close();
    }
  }
  return { part: 0, at: 0 };
}

/** The record of a line; undefined for the other messages of the log, and for a line that is not whole. */
function readRecord(line: Buffer): AuditRecord | undefined {
  if (!line.includes('"event"')) return undefined;
  try {
    const record: unknown = JSON.parse(line.toString('utf8'));
    if (typeof record !== 'object' || record === null || !('event' in record)) return undefined;
    return record as AuditRecord;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
