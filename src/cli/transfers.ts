// Several uploads or downloads as one command: finds what the arguments mean, moves it, tells how it went. The one-shot
// commands and the interactive client run the same.

import { basename, join, resolve } from 'node:path';
import type { Client } from '../client/client.ts';
import { findLocal } from '../client/local-files.ts';
import type { TransferOptions, TransferProgress, TransferResult } from '../client/transfer.ts';
import { isFileError } from '../model/error.ts';
import { joinPath, nameOf, parsePath, ROOT, type VirtualPath } from '../model/path.ts';
import { EXIT } from './exit-code.ts';
import { exitCodeOf } from './failure.ts';
import { expandGlob, nothingMatches } from './glob.ts';
import { localSide, remoteSide } from './glob-sides.ts';
import { UsageError } from './usage-error.ts';

/** Who is told how it goes. */
export interface TransferReport {
  progress(progress: TransferProgress): void;
  finished(from: string, to: string, result: TransferResult): void;
  failed(path: string, error: unknown): void;
}

export interface TransferRequest {
  readonly client: Client;
  /** Where relative remote paths begin. */
  readonly remoteBase: VirtualPath;
  /** Where relative local paths begin. */
  readonly localBase: string;
  readonly options: Pick<TransferOptions, 'recursive' | 'resume' | 'preserve'>;
  readonly signal: AbortSignal;
  readonly report: TransferReport;
}

/** Uploads what the local patterns stand for; `-` is standard input. Resolves to the exit status. */
export async function uploadAll(
  request: TransferRequest,
  patterns: readonly string[],
  target: string,
): Promise<number> {
  const { client, localBase, remoteBase } = request;
  const sources = await expandAll(patterns, (pattern) => expandGlob(pattern, localSide(localBase)));
  const remote = parsePath(target, remoteBase);
  const into = await isIntoFolder(target, sources.length, async () => {
    const there = await ifThere(client.files.stat(remote));
    return there?.kind === 'directory';
  });
  return moveAll(request, sources, async (source, options) => {
    const local = resolve(localBase, source);
    if (source === '-') {
      if (into) throw new UsageError('Standard input has no name: write the name of the remote file');
      request.report.finished('-', remote, await client.upload(process.stdin, remote, options));
      return;
    }
    const to = into ? joinPath(remote, basename(local)) : remote;
    request.report.finished(source, to, await client.upload(local, to, options));
  });
}

/** Downloads what the remote patterns stand for; the target `-` is standard output. Resolves to the exit status. */
export async function downloadAll(
  request: TransferRequest,
  patterns: readonly string[],
  target: string,
): Promise<number> {
  const { client, localBase, remoteBase } = request;
  const sources = await expandAll(patterns, (pattern) => expandGlob(pattern, remoteSide(client, remoteBase)));
  const local = resolve(localBase, target);
  const into =
    target !== '-' &&
    (await isIntoFolder(target, sources.length, async () => (await findLocal(local))?.isDirectory() === true));
  return moveAll(request, sources, async (source, options) => {
    const remote = parsePath(source, remoteBase);
    if (target === '-') {
      await client.download(remote, process.stdout, options);
      return;
    }
    const to = into && remote !== ROOT ? join(local, nameOf(remote)) : local;
    request.report.finished(source, to, await client.download(remote, to, options));
  });
}

async function moveAll(
  { options, signal, report }: TransferRequest,
  sources: readonly string[],
  move: (source: string, options: TransferOptions) => Promise<void>,
): Promise<number> {
  let status: number = EXIT.ok;
  const fail = (path: string, error: unknown): void => {
    report.failed(path, error);
    status = EXIT.failed;
  };
  for (const source of sources) {
    try {
      await move(source, {
        ...options,
        signal,
        onProgress: report.progress,
        onFailure: ({ path, error }) => fail(path, error),
      });
    } catch (error) {
      if (exitCodeOf(error) !== EXIT.failed) throw error;
      fail(source, error);
    }
  }
  return status;
}

async function expandAll(
  patterns: readonly string[],
  expand: (pattern: string) => Promise<string[]>,
): Promise<string[]> {
  const lists: string[] = [];
  for (const pattern of patterns) {
    const found = pattern === '-' ? ['-'] : await expand(pattern);
    if (found.length === 0) throw nothingMatches(pattern);
    for (const path of found) lists.push(path);
  }
  return lists;
}

/** Whether the target is a folder to put things in, and not the new name of the one thing. */
async function isIntoFolder(target: string, sources: number, isFolder: () => Promise<boolean>): Promise<boolean> {
  if (await isFolder()) return true;
  if (sources > 1) throw new UsageError(`${target} is no folder: several files need one`);
  return target.endsWith('/');
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isFileError(error, 'not-found')) return undefined;
    throw error;
  }
}
