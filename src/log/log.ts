// The log, made of winston: readable lines on standard error, JSON lines in a file when asked for.

import winston from 'winston';
import { printable } from '../model/printable.ts';
import { batchedOutput } from './batched-output.ts';
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
  if (settings.file !== '') {
    transports.push(
      new winston.transports.File({
        filename: settings.file,
        maxsize: settings.maxFileBytes,
        maxFiles: settings.maxFiles,
        tailable: true,
        format: winston.format.printf(jsonLine),
      }),
    );
  }
  const logger = winston.createLogger({
    level: settings.level,
    levels: LOG_LEVELS,
    format: winston.format.timestamp(),
    transports,
  });
  logger.on('error', (error: Error) => process.stderr.write(`sshome: the log can't be written: ${error.message}\n`));

  const write = (record: LogRecord): void => {
    logger.log(record);
  };
  return {
    ...logRecords(write),
    write,
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', () => standardError.end(resolve));
        logger.end();
      }),
  };
}

// What a terminal would act on though JSON need not escape it: DEL, C1, and what hides or turns text.
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** One JSON object, exact, and safe to be shown by `cat`. */
function jsonLine(info: winston.Logform.TransformableInfo): string {
  return JSON.stringify(info).replace(
    UNSAFE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `TIME LEVEL message key=value ...`; the stack of an internal error follows on lines of its own. */
function readableLine(info: winston.Logform.TransformableInfo): string {
  const { level, message, timestamp, event: _event, error, ...fields } = info;
  const words = [String(timestamp), level, printable(String(message))];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) words.push(`${key}=${readableValue(value)}`);
  }
  const line = words.join(' ');
  if (error === undefined) return line;
  return `${line}\n${String(error).split('\n').map(printable).join('\n')}`;
}

function readableValue(value: unknown): string {
  const text = printable(String(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
