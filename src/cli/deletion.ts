// Deletes what patterns stand for, and goes on after a failure.

import type { Client } from '../client/client.ts';
import { checkSignal } from '../client/transfer.ts';
import { FileError, isFileError } from '../model/error.ts';
import { parsePath, type VirtualPath } from '../model/path.ts';
import { EXIT } from './exit-code.ts';
import { exitCodeOf } from './failure.ts';
import { expandGlob, nothingMatches } from './glob.ts';
import { remoteSide } from './glob-sides.ts';

/** Resolves to the exit status. */
export async function deletePaths(
  { client, base }: { client: Client; base: VirtualPath },
  patterns: readonly string[],
  { recursive, signal }: { readonly recursive: boolean; readonly signal: AbortSignal },
  report: { deleted(path: string): void; failed(path: string, error: unknown): void },
): Promise<number> {
  let status: number = EXIT.ok;
  for (const pattern of patterns) {
    const found = await expandGlob(pattern, remoteSide(client, base));
    if (found.length === 0) throw nothingMatches(pattern);
    for (const path of found) {
      try {
        checkSignal(signal, path);
        await client.delete(parsePath(path, base), { recursive, signal });
        report.deleted(path);
      } catch (error) {
        if (exitCodeOf(error) !== EXIT.failed) throw error;
        report.failed(path, recursive ? error : withCure(error));
        status = EXIT.failed;
      }
    }
  }
  return status;
}

/** An empty folder goes without `-r`; whoever named a full one is told of it. */
function withCure(error: unknown): unknown {
  if (!isFileError(error, 'not-empty') || error.path === undefined) return error;
  const detail = 'use -r to delete it and everything in it';
  return new FileError('not-empty', { path: error.path, detail, cause: error });
}
