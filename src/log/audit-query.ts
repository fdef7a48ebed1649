// What is searched for in the audit log: a question, and whether a record answers it. Pure.

import { parseAddressList } from '../model/address.ts';
import { compilePattern, isPattern, literalOf } from '../model/glob-pattern.ts';
import { parsePath } from '../model/path.ts';

/** A record of the audit log, as it was written. */
export type AuditRecord = Readonly<Record<string, unknown>>;

/** Every field that is there must be met. Names may be patterns: `*` stands for any characters. */
export interface AuditQuery {
  /** Who did it, or to whom an administrator did it. */
  readonly user?: string | undefined;
  /** A path and all below it, or a pattern for the whole path, in which `*` stands for "/", too. */
  readonly path?: string | undefined;
  readonly event?: string | undefined;
  /** Addresses and networks. */
  readonly address?: string | undefined;
  /** An outcome, or `failed` for all but `ok`. */
  readonly outcome?: string | undefined;
  readonly session?: string | undefined;
  /** In milliseconds since 1970, both included. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** Whether a record answers `query`. @throws RangeError for an address that is none, FileError for a path that is none. */
export function compileQuery(query: AuditQuery): (record: AuditRecord) => boolean {
  const { sinceMs, untilMs } = query;
  const tests: ((record: AuditRecord) => boolean)[] = [];
  const test = <Given>(given: Given | undefined, make: (given: Given) => (record: AuditRecord) => boolean): void => {
    if (given !== undefined) tests.push(make(given));
  };
  test(query.event, (event) => whose(matcher(event), ({ event: name }) => name));
  test(query.session, (session) => whose(matcher(session), ({ sessionId }) => sessionId));
  test(query.user, (user) => {
    const isMeant = matcher(user);
    return (record) => isMeant(record['user']) || (isOfUsers(record) && isMeant(record['target']));
  });
  test(query.path, (path) => {
    const isMeant = pathMatcher(path);
    // What a link says, or whom an administrator meant, is no path unless there is a path beside it.
    return (record) => isMeant(record['path']) || (record['path'] !== undefined && isMeant(record['target']));
  });
  test(query.address, (address) => {
    const list = parseAddressList(address);
    return whose(
      (value) => typeof value === 'string' && list.includes(value),
      (record) => record['address'],
    );
  });
  test(query.outcome, (outcome) =>
    outcome === 'failed'
      ? ({ outcome: ended, event }) => (ended !== undefined && ended !== 'ok') || event === 'session.refused'
      : whose(matcher(outcome), ({ outcome: ended }) => ended),
  );
  if (sinceMs !== undefined || untilMs !== undefined) {
    tests.push(({ timestamp }) => {
      const timeMs = Date.parse(String(timestamp));
      return timeMs >= (sinceMs ?? Number.NEGATIVE_INFINITY) && timeMs <= (untilMs ?? Number.POSITIVE_INFINITY);
    });
  }
  return (record) => tests.every((answers) => answers(record));
}

type ValueMatcher = (value: unknown) => boolean;

function whose(isMeant: ValueMatcher, fieldOf: (record: AuditRecord) => unknown): (record: AuditRecord) => boolean {
  return (record) => isMeant(fieldOf(record));
}

function matcher(text: string): ValueMatcher {
  if (!isPattern(text)) return (value) => value === literalOf(text);
  const matches = compilePattern(text, { dot: true });
  return (value) => typeof value === 'string' && matches(value);
}

function pathMatcher(text: string): ValueMatcher {
  if (isPattern(text)) return matcher(text.startsWith('/') ? text : `/${text}`);
  const path = parsePath(literalOf(text));
  return (value) => value === path || (typeof value === 'string' && value.startsWith(path === '/' ? path : `${path}/`));
}

function isOfUsers({ event, verb }: AuditRecord): boolean {
  return event === 'admin.user' || (event === 'admin.session' && verb === 'session kill');
}
