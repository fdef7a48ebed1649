// The log, made of winston: readable lines on standard error, JSON lines in a file when asked for.

import { Writable } from 'node:stream';
import winston from 'winston';
import { printableJson } from '../model/printable.ts';
import { A_MOMENT, createBatch, NEXT_TURN } from './batch.ts';
import { fileOutput } from './file-output.ts';
import { readableLine } from './readable-line.ts';
import { type AuditingLog, LOG_LEVELS, type LogLevel, type LogRecord, logRecords, timed } from './records.ts';

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
  // Winston hands each record on before it returns. At the end of the process they become lines before these are written.
  const records = createBatch<LogRecord>(NEXT_TURN, (together) => {
    for (const record of together) logger.log(record);
  });
  const lines = createBatch<string>(A_MOMENT, (together) => void process.stderr.write(together.join('')));
  const transports: winston.transport[] = [
    new winston.transports.Stream({
      stream: collecting(lines.add),
      format: winston.format.printf(readableLine),
      silent: settings.quiet,
    }),
  ];
  // Not winston's own: after an error it never writes again, and logging heaps up behind it.
  const file =
    settings.file === '' ? undefined : fileOutput({ ...settings, lostLine, growingLine, onTrouble: toldAside });
  if (file !== undefined) {
    transports.push(
      new winston.transports.Stream({ stream: file, eol: '\n', format: winston.format.printf(printableJson) }),
    );
  }
  const logger = winston.createLogger({
    level: settings.level,
    levels: LOG_LEVELS,
    transports,
  });
  logger.on('error', toldAside);

  const write = (record: LogRecord): void => {
    if (LOG_LEVELS[record.level] <= LOG_LEVELS[settings.level]) records.add(timed(record));
  };
  return {
    ...logRecords(write),
    write,
    close: () =>
      new Promise((resolve) => {
        records.close();
        lines.close();
        logger.once('finish', () => {
          if (file === undefined) resolve();
          else file.end(resolve);
        });
        logger.end();
      }),
  };
}

function collecting(collect: (line: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, callback) {
      collect(line);
      callback();
    },
  });
}

function lostLine(lost: number): string {
  const message = 'log records were lost: the log file could not be written';
  return `${printableJson({ level: 'error', message, lost, timestamp: new Date().toISOString() })}\n`;
}

/** Told aside, too: whoever watches there is to know why the disk fills. */
function growingLine(error: NodeJS.ErrnoException): string {
  const message = 'the log file is full and could not be put aside: it grows';
  process.stderr.write(`sshome: ${message}: ${error.message}\n`);
  return `${printableJson({ level: 'warn', message, code: error.code, timestamp: new Date().toISOString() })}\n`;
}

function toldAside({ message }: Error): void {
  process.stderr.write(`sshome: the log can't be written: ${message}\n`);
}
