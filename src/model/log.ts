// The program's own log, as everything below server.ts sees it: passed in, never imported. log/ makes one of winston.

/** Facts of a log line, beside its sentence. Never a password, never a host path. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /**
   * Logs what nobody foresaw, whole (stack and cause), under a new id, and returns the id: all that the peer is told.
   */
  unexpected(error: unknown, doing: string, fields?: LogFields): string;
}
