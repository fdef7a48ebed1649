// The penalty of a source of connections, as the server remembers and shows it.

/** What is punished; the names are OpenSSH's (PerSourcePenalties). */
export type Offence = 'authfail' | 'invaliduser' | 'noauth' | 'grace-exceeded' | 'crash';

/** A source with a penalty, or one that an administrator has banned. */
export interface Penalty {
  /** An IPv4 address, or a /64 of IPv6; of a ban any network. */
  readonly source: string;
  /** When it is over, in milliseconds since 1970. */
  readonly untilMs: number;
  /** Whether the source is turned away, or its offences are only remembered. */
  readonly isEnforced: boolean;
  readonly lastOffence: Offence | 'ban';
  /** What an administrator said when banning it. */
  readonly reason?: string;
  /** When a ban began, in milliseconds since 1970. */
  readonly sinceMs?: number;
}
