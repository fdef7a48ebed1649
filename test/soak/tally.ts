// What the load counts. The words are the ones docs/reliability.md uses.

export interface Tally {
  /** TCP connections that logged in. */
  loginsByKey: number;
  loginsByPassword: number;
  /** Wrong passwords and unknown keys, which the server must refuse. */
  refusedLogins: number;
  /** Session channels (RFC 4254, section 6.1) that the server confirmed, by what ran in them. */
  sftpSessions: number;
  execSessions: number;
  shellSessions: number;
  /** Operations that ended as they must, by name; some must be refused. */
  readonly operations: Record<string, number>;
  /** SFTP requests that these operations took. */
  requests: number;
  /** Connections that the client ended amid operations: by a RST, or by a FIN without a word of SSH. */
  resets: number;
  vanished: number;
  /** Operations under way when their connection was ended by the client; not among `operations`. */
  cutOff: number;
  /** Sessions that ended with handles open, on purpose, and how many handles. */
  leavingSessions: number;
  leftHandles: number;
  bytesUp: number;
  bytesDown: number;
  /** What went otherwise than it must: the count, and the first of them in words. */
  faults: number;
  readonly faultTexts: string[];
}

export const MAX_FAULT_TEXTS = 20;

export function emptyTally(): Tally {
  return {
    loginsByKey: 0,
    loginsByPassword: 0,
    refusedLogins: 0,
    sftpSessions: 0,
    execSessions: 0,
    shellSessions: 0,
    operations: {},
    requests: 0,
    resets: 0,
    vanished: 0,
    cutOff: 0,
    leavingSessions: 0,
    leftHandles: 0,
    bytesUp: 0,
    bytesDown: 0,
    faults: 0,
    faultTexts: [],
  };
}

export function sessionsOf(tally: Tally): number {
  return tally.sftpSessions + tally.execSessions + tally.shellSessions;
}

export function connectionsOf(tally: Tally): number {
  return tally.loginsByKey + tally.loginsByPassword;
}

export function operationsOf(tally: Tally): number {
  return Object.values(tally.operations).reduce((sum, count) => sum + count, 0);
}

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  for (const key of Object.keys(more) as Array<keyof Tally>) {
    const value = more[key];
    if (typeof value === 'number') (sum[key] as number) += value;
  }
  for (const [name, count] of Object.entries(more.operations)) {
    sum.operations[name] = (sum.operations[name] ?? 0) + count;
  }
  sum.faultTexts.push(...more.faultTexts.slice(0, MAX_FAULT_TEXTS - sum.faultTexts.length));
}
