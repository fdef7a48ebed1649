// Reads known_hosts files and writes the one of the user. What the lines mean is known by known-hosts.ts.

import { appendFile, chmod, mkdir, open, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolders } from '../model/make-folders.ts';
import { type KnownHost, parseKnownHosts } from './known-hosts.ts';

/** `~/.ssh/known_hosts`. */
export function userKnownHostsFile(): string {
  return join(homedir(), '.ssh', 'known_hosts');
}

/** The known hosts of several files together; a file that is not there holds none. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHost[]> {
  const texts = await Promise.all(files.map(readIfThere));
  return texts.flatMap((text, index) => parseKnownHosts(text, files[index] ?? ''));
}

/** Adds a line to a known_hosts file; makes the file (0600) and its folder (0700) when they are not there. */
export async function appendKnownHost(file: string, line: string): Promise<void> {
  await makeFolders({ mkdir, stat }, dirname(file), 0o700);
  const created = await createFile(file);
  const before = created ? '' : await readFile(file, 'latin1');
  await appendFile(file, `${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`, 'latin1');
}

async function createFile(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    await chmod(file, 0o600);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
