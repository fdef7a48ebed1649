// The verb on the audit log: a search.

import { readDurationMs, SettingError } from '../../config/setting.ts';
import { AUDIT_CSV_HEAD, auditCsvLine } from '../../log/audit-csv.ts';
import { type AuditQuery, type AuditRecord, compileQuery } from '../../log/audit-query.ts';
import { readableLine } from '../../log/readable-line.ts';
import { NoLogError, searchAudit } from '../../log/search-audit.ts';
import { AdministrationError, VerbUsageError } from '../../model/administration.ts';
import { isFileError } from '../../model/error.ts';
import { defineVerb, type Verb } from '../verb.ts';

const audit = defineVerb({
  name: 'audit',
  summary: 'Search the audit log, the newest last',
  options: {
    user: { value: 'USER', summary: 'who did it, or to whom an administrator did it' },
    path: { value: 'PATH', summary: 'what it was done to, and all below; * stands for any characters' },
    event: { value: 'EVENT', summary: 'as file.upload, or session.*' },
    address: { value: 'ADDRESS', summary: 'where it came from; networks, too, as 192.0.2.0/24' },
    outcome: { value: 'OUTCOME', summary: 'as permission-denied; failed is all but ok' },
    session: { value: 'SESSION', summary: 'of one session, by its id' },
    since: { value: 'TIME', summary: 'ago, as 2h or 7d; or from then on, as 2027-01-31 or 2027-01-31T08:00' },
    until: { value: 'TIME', summary: 'in the same form; UTC unless a zone is given' },
    limit: { value: 'N', summary: 'the newest N records alone' },
    csv: { summary: 'as comma-separated values, with a line of titles' },
  },
  changes: false,
  run: async ({ logFile, options }) => {
    const { since, until, csv, ...names } = options;
    const limit = limitOf(options.limit);
    const query = checked({ ...names, sinceMs: timeOf('since', since), untilMs: timeOf('until', until) });
    const file = await logFile();
    if (file === '') {
      throw new AdministrationError(
        'there is no log file to search: put `log-file: log.jsonl` into sshome.yaml, and start the server again',
      );
    }
    const remarks: string[] = [];
    const found = (): AsyncIterable<AuditRecord> => remarking(inWords(searchAudit({ file, query, limit })), remarks);
    return { rows: once(found), lines: once(() => (csv ? csvLines(found()) : readableLines(found()))), remarks };
  },
});

export const AUDIT_VERBS: readonly Verb[] = [audit];

/** Of two forms of a result, one is looked at: nothing is opened before. */
function once<Item>(make: () => AsyncIterable<Item>): AsyncIterable<Item> {
  return { [Symbol.asyncIterator]: () => make()[Symbol.asyncIterator]() };
}

/** Who finds nothing is told so, and does not wonder. */
async function* remarking(records: AsyncIterable<AuditRecord>, remarks: string[]): AsyncGenerator<AuditRecord> {
  let found = false;
  for await (const record of records) {
    found = true;
    yield record;
  }
  if (!found) remarks.push('there is no such record');
}

async function* readableLines(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  for await (const record of records) yield readableLine(record);
}

async function* csvLines(records: AsyncIterable<AuditRecord>): AsyncGenerator<string> {
  // RFC 4180 ends a line with CR LF.
  yield `${AUDIT_CSV_HEAD}\r`;
  for await (const record of records) yield `${auditCsvLine(record)}\r`;
}

async function* inWords(records: AsyncIterable<AuditRecord>): AsyncGenerator<AuditRecord> {
  try {
    yield* records;
  } catch (error) {
    if (error instanceof NoLogError) throw new AdministrationError(error.message);
    throw error;
  }
}

/** The query, once it is known that it can be asked. */
function checked(query: AuditQuery): AuditQuery {
  try {
    compileQuery(query);
    return query;
  } catch (error) {
    if (error instanceof RangeError || isFileError(error)) throw new VerbUsageError(error.message);
    throw error;
  }
}

/** Milliseconds since 1970. */
function timeOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text.slice('2027-01-31'.length)) || !/[T ]/.test(text);
    const timeMs = Date.parse(hasZone ? text : `${text.replace(' ', 'T')}Z`);
    if (!Number.isNaN(timeMs)) return timeMs;
  } else {
    try {
      return Date.now() - readDurationMs(text);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
    }
  }
  throw new VerbUsageError(`--${name}: ${JSON.stringify(text)} is no time, as 2h, 7d, 2027-01-31 or 2027-01-31T08:00`);
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new VerbUsageError(`--limit: ${JSON.stringify(text)} is no number of records`);
  return Number(text);
}
