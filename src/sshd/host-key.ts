// The server's own keys: made at the first start, kept for ever after, never shown to anybody else on the host.

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParsedKey } from 'ssh2';
import { fingerprintOf, parsePublicKey } from '../accounts/public-key.ts';
import { makeFolders } from '../model/make-folders.ts';
import { utils } from './ssh2-internals.ts';

export interface HostKey {
  readonly type: string;
  /** The private key in OpenSSH's format. */
  readonly privateKey: string;
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** A host key that can't be used; the message says what to do about it. */
export class HostKeyError extends Error {
  override readonly name = 'HostKeyError';
}

interface KeyPair {
  readonly private: string;
  readonly public: string;
}

interface Kind {
  readonly type: string;
  readonly file: string;
  readonly generate: () => KeyPair;
}

const KINDS: readonly Kind[] = [
  {
    type: 'ssh-ed25519',
    file: 'ssh_host_ed25519_key',
    generate: () => utils.generateKeyPairSync('ed25519', { comment: 'sshome' }),
  },
  {
    type: 'ssh-rsa',
    file: 'ssh_host_rsa_key',
    generate: () => utils.generateKeyPairSync('rsa', { bits: 3072, comment: 'sshome' }),
  },
  {
    type: 'ecdsa-sha2-nistp256',
    file: 'ssh_host_ecdsa_key',
    generate: () => utils.generateKeyPairSync('ecdsa', { bits: 256, comment: 'sshome' }),
  },
];

const MAX_TRIES = 20;
/** What a key is called that is announced and not used yet. */
const NEXT = '.next';

/**
 * The keys of the wanted `types` in `directory`, made there when they are missing; tells `onMade` of each new one.
 *
 * @throws HostKeyError for a file that others can read, or that holds no private key, or one that is too weak.
 */
export async function loadHostKeys(by: {
  directory: string;
  types: readonly string[];
  onMade: (key: HostKey, file: string) => void;
}): Promise<HostKey[]> {
  await makeFolders({ mkdir, stat }, by.directory, 0o700);
  const keys: HostKey[] = [];
  for (const kind of KINDS.filter(({ type }) => by.types.includes(type))) {
    const path = join(by.directory, kind.file);
    const existing = await readHostKey(path);
    if (existing === undefined) {
      await makeHostKey(path, kind);
      const made = await readHostKey(path);
      if (made === undefined) throw new HostKeyError(`${path}: the key vanished just after it was made`);
      by.onMade(made, path);
      keys.push(made);
    } else {
      keys.push(existing);
    }
  }
  return keys;
}

/**
 * The keys that are to take the place of others of their types: `ssh_host_ed25519_key.next` and so on, where there are any.
 *
 * @throws HostKeyError as `loadHostKeys`
 */
export async function loadNextHostKeys(by: { directory: string; types: readonly string[] }): Promise<HostKey[]> {
  const keys: HostKey[] = [];
  for (const kind of KINDS.filter(({ type }) => by.types.includes(type))) {
    const path = join(by.directory, `${kind.file}${NEXT}`);
    const key = await readHostKey(path);
    if (key !== undefined && key.type !== kind.type)
      throw new HostKeyError(`${path}: this is a key of type ${key.type}`);
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

async function readHostKey(path: string): Promise<HostKey | undefined> {
  let privateKey: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new HostKeyError(`${path}: other users of this machine can read the host key; run: chmod 600 ${path}`);
    }
    privateKey = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const parsed: ParsedKey | ParsedKey[] | Error = utils.parseKey(privateKey);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
    const why = key instanceof Error ? `: ${key.message}` : '';
    throw new HostKeyError(
      `${path}: this is not a private key without passphrase${why}. ` +
        'Put the right file back; or remove it, and clients will be warned that the host key has changed',
    );
  }
  const blob = key.getPublicSSH();
  const judged = parsePublicKey(`${key.type} ${blob.toString('base64')}`);
  if ('problem' in judged) {
    throw new HostKeyError(
      `${path}: ${judged.problem}; remove it to have a sound one made, and clients will be warned that the key has changed`,
    );
  }
  return { type: key.type, privateKey, fingerprint: fingerprintOf(blob) };
}

/** Writes a new key whole or not at all; one that another process made meanwhile is left as it is. */
async function makeHostKey(path: string, kind: Kind): Promise<void> {
  const pair = generateSound(kind);
  // Of servers that start at the same time only the one whose private key stands may write the public one.
  if (!(await writeNew(path, pair.private, 0o600))) return;
  await rm(`${path}.pub`, { force: true });
  await writeNew(`${path}.pub`, `${pair.public}\n`, 0o644);
}

/**
 * One in 200 ed25519 keys that ssh2 1.17 makes is broken: it takes leading zero bytes off a key as if it were a number.
 * Such a key does not read back, here or in any other program.
 */
function generateSound(kind: Kind): KeyPair {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const pair = kind.generate();
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair;
  }
  throw new HostKeyError(`${kind.file}: no sound key came out of ${MAX_TRIES} tries; is ssh2 installed right?`);
}

/** Resolves to whether the file is ours: false if there was one of that name. */
async function writeNew(path: string, text: string, mode: number): Promise<boolean> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
