// The penalty of a source of connections, as the server remembers and shows it.

/** What is punished; the names are OpenSSH's (PerSourcePenalties). */
export type Offence = 'authfail' | 'invaliduser' | 'noauth' | 'grace-exceeded' | 'crash';

/** A source with a penalty. */
export interface Penalty {
  /** An IPv4 address, or a /64 of IPv6. */
  readonly source: string;
  /** When it is over, in milliseconds since 1970. */
  readonly untilMs: number;
  /** Whether the source is turned away, or its offences are only remembered. */
  readonly isEnforced: boolean;
  readonly lastOffence: Offence;
}
