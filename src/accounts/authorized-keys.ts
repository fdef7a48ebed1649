// The public keys of the users: a folder with one file for each, named after the user, in the format of OpenSSH. The
// files are read at login and remembered while they do not change.

import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AccountError } from '../model/account.ts';
import { decodeBytes, encodeBytes } from '../model/bytes.ts';
import type { Log } from '../model/log.ts';
import { judgeAccess, mendWritable } from '../text-files/file-access.ts';
import {
  isPassing,
  isSystemError,
  readSmallFile,
  readStamp,
  UnfitFileError,
  unreadReason,
} from '../text-files/small-file.ts';
import { type AuthorizedKey, parseAuthorizedKey, parseAuthorizedKeys } from './authorized-keys-file.ts';
import { linesOf } from './edit-lines.ts';
import { showRemark } from './load-credentials.ts';
import { formatPublicKey, type PublicKey } from './public-key.ts';
import { UserFiles } from './user-files.ts';

const MAX_FILE_BYTES = 256 * 1024;
/** Most keys that a user can add. */
const MAX_KEYS = 100;
const MAX_REMEMBERED = 1000;

/** The folder of the users' keys, beside the credentials file. */
export function authorizedKeysFolder(credentialsFile: string): string {
  return join(dirname(credentialsFile), 'authorized_keys');
}

interface Remembered {
  readonly stamp: string;
  readonly text: string;
  readonly keys: readonly AuthorizedKey[];
}

const NONE: Remembered = { stamp: '', text: '', keys: [] };

export class AuthorizedKeys {
  readonly #files: UserFiles;
  readonly #log: Log;
  readonly #remembered = new Map<string, Remembered>();

  constructor({ folder, log }: { folder: string; log: Log }) {
    this.#files = new UserFiles(folder);
    this.#log = log;
  }

  /** The key of `user` with this blob; undefined when it may not log in. Files that can't be trusted hold no keys. */
  async find(user: string, blob: Uint8Array): Promise<AuthorizedKey | undefined> {
    const { keys } = await this.#read(user);
    return keys.find((key) => key.blob.equals(blob));
  }

  /** The keys of `user`, in the order of the file. */
  async list(user: string): Promise<readonly AuthorizedKey[]> {
    return (await this.#read(user)).keys;
  }

  /** Adds a key, a line of a `.pub` file. @throws AccountError */
  async add(user: string, line: string): Promise<PublicKey> {
    const key = parseNewKey(line);
    await this.#edit(user, (current) => {
      if (current.keys.some((there) => there.blob.equals(key.blob)))
        throw new AccountError('this key is there already');
      if (current.keys.length >= MAX_KEYS)
        throw new AccountError(`there are ${MAX_KEYS} keys already: remove one first`);
      const lines = linesOf(current.text);
      lines.append(formatPublicKey(key));
      const after = lines.toString();
      // One that is longer is not read at all, and none of its keys would count.
      if (Buffer.byteLength(after) > MAX_FILE_BYTES) {
        throw new AccountError(
          `the keys would have more than ${MAX_FILE_BYTES} bytes with this one: shorten its comment`,
        );
      }
      return after;
    });
    return key;
  }

  /** Removes the key with this fingerprint, with or without `SHA256:` before it. @throws AccountError */
  async remove(user: string, fingerprint: string): Promise<PublicKey> {
    const wanted = fingerprint.startsWith('SHA256:') ? fingerprint : `SHA256:${fingerprint}`;
    let removed: PublicKey | undefined;
    await this.#edit(user, (current) => {
      const lines = linesOf(current.text);
      for (const key of current.keys.filter((candidate) => candidate.fingerprint === wanted)) {
        lines.set(key.line, undefined);
        removed = key;
      }
      return lines.toString();
    });
    if (removed === undefined) throw new AccountError('there is no key with this fingerprint');
    return removed;
  }

  /** Removes the keys of a user who is no more, so that who gets the name next does not let them in. */
  async forget(user: string): Promise<void> {
    this.#remembered.delete(user);
    await this.#files.forget(user);
  }

  async #read(user: string): Promise<Remembered> {
    const stamp = await this.#stampOf(this.#files.fileOf(user));
    if (stamp === undefined) return NONE;
    const known = this.#remembered.get(user);
    if (known?.stamp === stamp) return known;
    const read = { ...(await this.#readFile(user)), stamp };
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(user, read);
    return read;
  }

  /** Of the file and of the rights on its folder; undefined when there is no file. */
  async #stampOf(file: string): Promise<string | undefined> {
    const stamp = await readStamp(file);
    if (stamp === undefined) return undefined;
    const { mode, uid, gid } = await stat(this.#files.folder);
    return [stamp, mode, uid, gid].join(':');
  }

  /**
   * Reads the file, and says in the log what of it does not count. Called once for each state of the file.
   *
   * @throws the error of the system when that may be another one in a moment
   */
  async #readFile(user: string): Promise<Pick<Remembered, 'text' | 'keys'>> {
    const label = this.#files.labelOf(user);
    const warn = (text: string): typeof NONE => {
      this.#log.warn(`${label}: ${text}`);
      return NONE;
    };
    try {
      const { bytes, stats } = await readSmallFile(this.#files.fileOf(user), MAX_FILE_BYTES);
      if (await this.#files.isOpenToOthers()) {
        return warn(
          `no key counts: others can change the folder; mend it with: ${mendWritable(basename(this.#files.folder))}`,
        );
      }
      if (judgeAccess(stats).writableByOthers) {
        return warn(`no key counts: others can change the file; mend it with: ${mendWritable(label)}`);
      }
      const text = decodeBytes(bytes);
      const { keys, ignored } = parseAuthorizedKeys(text);
      for (const remark of ignored) this.#log.warn(showRemark(label, remark));
      return { text, keys };
    } catch (error) {
      if (error instanceof UnfitFileError) return warn(error.message);
      if (isSystemError(error, 'ENOENT')) return NONE;
      // Remembered as no keys, it would be so until somebody touches the file.
      if (isPassing(error)) throw error;
      if (isSystemError(error)) return warn(`the keys ${unreadReason(error)}`);
      throw error;
    }
  }

  async #edit(user: string, edit: (current: Remembered) => string): Promise<void> {
    await this.#files.edit(user, async () => {
      const current = await this.#readForEdit(user);
      const after = edit(current);
      if (after === current.text) return undefined;
      return encodeBytes(after.trim() === '' ? '' : after);
    });
  }

  /** As `#read`, but a file that can't be trusted is no empty file: an edit would throw away what it holds. */
  async #readForEdit(user: string): Promise<Remembered> {
    const current = await this.#read(user);
    if (current.text === '' && current.stamp !== '' && (await stat(this.#files.fileOf(user))).size > 0) {
      throw new AccountError('the file of keys is not in order; the log of the server says what to mend');
    }
    return current;
  }
}

function parseNewKey(line: string): PublicKey {
  if (line.includes('PRIVATE KEY')) {
    throw new AccountError('this is a private key, which stays with its owner: give the public one, FILE.pub');
  }
  const text = line.trim();
  if (/[\r\n]/.test(text)) throw new AccountError('one key at a time, please: this has several lines');
  const key = parseAuthorizedKey(text);
  if ('problem' in key) throw new AccountError(key.problem);
  return key;
}
