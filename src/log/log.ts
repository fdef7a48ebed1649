// The log, made of winston: readable lines on standard error, JSON lines in a file when asked for.

import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import winston from 'winston';
import type { Audit } from '../model/event.ts';
import type { Log, LogFields } from '../model/log.ts';
import { printableJson } from '../model/printable.ts';
import { auditEntry } from './audit-entry.ts';
import { batchedOutput } from './batched-output.ts';
import { readableLine } from './readable-line.ts';

type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogSettings {
  readonly level: LogLevel;
  /** Nothing on standard error. */
  readonly quiet: boolean;
  /** JSON lines go here too, unless it is empty; rotated to FILE1, FILE2 ... when it has grown to `maxFileBytes`. */
  readonly file: string;
  readonly maxFileBytes: number;
  /** Files kept, the current one included. */
  readonly maxFiles: number;
}

export interface ServerLog extends Log {
  readonly audit: Audit;
  /** Resolves when everything logged has been written. */
  close(): Promise<void>;
}

export function createLog(settings: LogSettings): ServerLog {
  const standardError = batchedOutput(process.stderr);
  const transports: winston.transport[] = [
    new winston.transports.Stream({
      stream: standardError,
      format: winston.format.printf(readableLine),
      silent: settings.quiet,
    }),
  ];
  if (settings.file !== '') {
    transports.push(
      new winston.transports.File({
        filename: settings.file,
        maxsize: settings.maxFileBytes,
        maxFiles: settings.maxFiles,
        tailable: true,
        format: winston.format.printf(printableJson),
      }),
    );
  }
  const logger = winston.createLogger({
    level: settings.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.timestamp(),
    transports,
  });
  logger.on('error', (error: Error) => process.stderr.write(`sshome: the log can't be written: ${error.message}\n`));

  const write = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    logger.log({ level, message, ...fields });
  };
  return {
    error: (message, fields) => write('error', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    unexpected: (error, doing, fields) => {
      const id = randomBytes(4).toString('hex');
      write('error', `internal error while ${doing}`, { ...fields, id, error: inspect(error) });
      return id;
    },
    audit: (event) => {
      logger.log(auditEntry(event));
    },
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', () => standardError.end(resolve));
        logger.end();
      }),
  };
}
