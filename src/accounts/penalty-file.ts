// Remembers penalties over a restart: one JSON file, replaced whole.

import { readFile } from 'node:fs/promises';
import type { Log } from '../model/log.ts';
import type { Penalty } from '../model/penalty.ts';
import { replaceFile } from './replace-file.ts';

/** Changes of this long go into one write. */
const GATHER_MS = 1000;

export interface PenaltyFile {
  /** What was remembered; none when there is no file, or it can't be read (which is logged). */
  load(): Promise<Penalty[]>;
  /** Says that the penalties have changed; they are written soon. */
  changed(): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

export function createPenaltyFile(by: { file: string; list: () => readonly Penalty[]; log: Log }): PenaltyFile {
  const { file, list, log } = by;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    timer = undefined;
    writing = writing
      .then(() => save(file, list()))
      .catch((error: unknown) => {
        log.unexpected(error, 'remembering penalties');
      });
    return writing;
  };
  return {
    load: async () => {
      try {
        return parsePenalties(await readFile(file, 'utf8'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.unexpected(error, 'reading the penalties');
        return [];
      }
    },
    changed: () => {
      timer ??= setTimeout(write, GATHER_MS).unref();
    },
    close: async () => {
      if (timer === undefined) return writing;
      clearTimeout(timer);
      return write();
    },
  };
}

async function save(file: string, penalties: readonly Penalty[]): Promise<void> {
  await replaceFile(file, Buffer.from(`${JSON.stringify({ penalties }, undefined, 1)}\n`));
}

/** @throws SyntaxError, TypeError */
export function parsePenalties(text: string): Penalty[] {
  const content: unknown = JSON.parse(text);
  const list =
    typeof content === 'object' && content !== null && 'penalties' in content ? content.penalties : undefined;
  if (!Array.isArray(list)) throw new TypeError('this is no file of penalties');
  return list.filter(isPenalty);
}

function isPenalty(value: unknown): value is Penalty {
  if (typeof value !== 'object' || value === null) return false;
  const { source, untilMs, isEnforced, lastOffence, reason, sinceMs } = value as Record<string, unknown>;
  return (
    typeof source === 'string' &&
    typeof untilMs === 'number' &&
    typeof isEnforced === 'boolean' &&
    typeof lastOffence === 'string' &&
    (reason === undefined || typeof reason === 'string') &&
    (sinceMs === undefined || typeof sinceMs === 'number')
  );
}
