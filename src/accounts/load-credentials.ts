// Loads the credentials file from the disk, and refuses one that is wrong or that others could have written.

import { type Access, judgeAccess, mendWritable } from '../text-files/file-access.ts';
import {
  isPassing,
  isSystemError,
  readSmallFile,
  type SmallFile,
  UnfitFileError,
  unreadReason,
} from '../text-files/small-file.ts';
import type { Account } from './account.ts';
import { parseCredentials, type Remark } from './credentials-file.ts';

// A line is about 130 bytes: room for half a million users.
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_REASONS_SHOWN = 100;

export interface LoadedCredentials extends SmallFile {
  readonly access: Access;
  readonly accounts: readonly Account[];
  readonly warnings: readonly Remark[];
}

/** The credentials file can't be used. Each reason is a line for the operator, `file:line: what is wrong`. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly reasons: readonly string[];
  /** The system may let the file be read in a moment: see isPassing. */
  readonly isPassing: boolean;

  constructor(reasons: readonly string[], by: { readonly isPassing?: boolean } = {}) {
    const more = reasons.length - MAX_REASONS_SHOWN;
    super([...reasons.slice(0, MAX_REASONS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
    this.reasons = reasons;
    this.isPassing = by.isPassing === true;
  }
}

/**
 * Reads the file; undefined when there is none. `label` is what the file is called in messages.
 *
 * @throws CredentialsError, with everything that is wrong at once.
 */
export async function loadCredentials(file: string, label: string = file): Promise<LoadedCredentials | undefined> {
  const found = await read(file, label);
  if (found === undefined) return undefined;
  const access = judgeAccess(found.stats);
  const { accounts, problems, warnings } = parseCredentials(found.bytes);
  const reasons = problems.map((problem) => showRemark(label, problem));
  if (access.writableByOthers) {
    reasons.unshift(`${label}: other users of this machine can change this file; mend it with: ${mendWritable(label)}`);
  }
  if (reasons.length > 0) throw new CredentialsError(reasons);
  return { ...found, access, accounts, warnings };
}

/** A remark as compilers write it, so that editors find the place. */
export function showRemark(label: string, { line, text }: Remark): string {
  return `${label}:${line}: ${text}`;
}

async function read(file: string, label: string): Promise<SmallFile | undefined> {
  try {
    return await readSmallFile(file, MAX_FILE_BYTES);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (error instanceof UnfitFileError) throw new CredentialsError([`${label}: ${error.message}`]);
    if (isSystemError(error)) {
      throw new CredentialsError([`${label}: the file ${unreadReason(error)}`], { isPassing: isPassing(error) });
    }
    throw error;
  }
}
