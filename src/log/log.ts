// The log, made of winston: readable lines on standard error, JSON lines in a file when asked for.

import winston from 'winston';
import { printableJson } from '../model/printable.ts';
import { batchedOutput } from './batched-output.ts';
import { fileOutput } from './file-output.ts';
import { readableLine } from './readable-line.ts';
import { type AuditingLog, LOG_LEVELS, type LogLevel, type LogRecord, logRecords } from './records.ts';

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

export interface ServerLog extends AuditingLog {
  /** Writes a record that another process has made, if its level is to be logged. */
  write(record: LogRecord): void;
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
  // Not winston's own: after an error it never writes again, and logging heaps up behind it.
  const file = settings.file === '' ? undefined : fileOutput({ ...settings, lostLine, onTrouble: toldAside });
  if (file !== undefined) {
    transports.push(
      new winston.transports.Stream({ stream: file, eol: '\n', format: winston.format.printf(printableJson) }),
    );
  }
  const logger = winston.createLogger({
    level: settings.level,
    levels: LOG_LEVELS,
    format: winston.format.timestamp(),
    transports,
  });
  logger.on('error', toldAside);

  const write = (record: LogRecord): void => {
    logger.log(record);
  };
  return {
    ...logRecords(write),
    write,
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', () => {
          const ended = (): void => void standardError.end(resolve);
          if (file === undefined) ended();
          else file.end(ended);
        });
        logger.end();
      }),
  };
}

function lostLine(lost: number): string {
  const message = 'log records were lost: the log file could not be written';
  return `${printableJson({ level: 'error', message, lost, timestamp: new Date().toISOString() })}\n`;
}

function toldAside({ message }: Error): void {
  process.stderr.write(`sshome: the log can't be written: ${message}\n`);
}
