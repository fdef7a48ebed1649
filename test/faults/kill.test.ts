// The server is killed (SIGKILL) amid thousands of operations, again and again. What it had answered with OK must be
// there, whole; what it had not may be there or not, but never in part. This shows what a lost process costs, not a lost
// machine: for that, test/storage/sync-order.test.ts.

import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isFileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath } from '../../src/model/path.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';
import { until } from '../helpers/until.ts';
import { put, type ServerUnderTest, startUnderTest, worksFor } from './server-under-test.ts';

const ROUNDS = process.env['SSHOME_TEST_FULL'] === '1' ? 60 : 2;
const WRITERS = 3;
const NAMES = 6;

/** What a name may hold: the versions that were answered for, or were under way; undefined is no file. */
type Possible = Set<number | undefined>;

/** Version `version` of any file; its length and every byte tell which it is. */
function contentOf(version: number): Buffer {
  return Buffer.alloc(1000 + ((version * 7919) % 150_000), `version ${version}.`);
}

/** Writes versions of its own files, until the server is gone. */
class Writer {
  readonly #names: readonly string[];
  readonly #possible = new Map<string, Possible>();
  #version = 0;
  answered = 0;

  constructor(id: number) {
    this.#names = Array.from({ length: NAMES }, (_, index) => `${id}-${index}`);
  }

  async work({ files }: { files: Files }): Promise<void> {
    try {
      for (;;) await this.#step(files);
    } catch (error) {
      if (!isFileError(error, 'closed')) throw error;
    }
  }

  async #step(files: Files): Promise<void> {
    this.#version += 1;
    const version = this.#version;
    const name = this.#names[version % NAMES] ?? '';
    const other = this.#names[(version * 5 + 1) % NAMES] ?? '';
    await this.#change(new Map([[name, version]]), () => put(files, name, contentOf(version), { whole: true }));
    if (version % 4 === 0 && name !== other) {
      const moved = new Map<string, number | undefined>([
        [name, undefined],
        [other, version],
      ]);
      await this.#change(moved, () => files.rename(parsePath(name), parsePath(other), { replace: true }));
    }
    if (version % 7 === 0) {
      const { sizeBytes } = await files.stat(parsePath(other)).catch(() => ({ sizeBytes: undefined }));
      if (sizeBytes === undefined) return;
      await this.#change(new Map([[other, undefined]]), () => files.remove(parsePath(other)));
    }
  }

  async #change(after: ReadonlyMap<string, number | undefined>, act: () => Promise<void>): Promise<void> {
    for (const [name, version] of after) this.#possible.set(name, new Set([...this.#of(name), version]));
    await act();
    for (const [name, version] of after) this.#possible.set(name, new Set([version]));
    this.answered += 1;
  }

  #of(name: string): Possible {
    return this.#possible.get(name) ?? new Set([undefined]);
  }

  /**
   * Compares what is on the disk, and takes it for what is possible from now on. In place, a file that was being written
   * may hold a part.
   */
  async check(t: ExecutionContext, home: string, isInPlace: boolean): Promise<void> {
    for (const name of this.#names) {
      if (isInPlace && this.#of(name).size > 1) {
        await rm(join(home, name), { force: true });
        this.#possible.delete(name);
        continue;
      }
      const content = await readFile(join(home, name)).catch(() => undefined);
      const version =
        content === undefined ? undefined : Number(/^version (\d+)\./.exec(content.toString('latin1'))?.[1]);
      t.true(this.#of(name).has(version), `${name} is version ${version}, not of ${[...this.#of(name)].join()}`);
      if (content !== undefined) t.true(content.equals(contentOf(version ?? 0)), `${name} is whole`);
      this.#possible.set(name, new Set([version]));
    }
  }
}

/** Changes mallory's password and keys until the server is gone. */
class AccountWriter {
  readonly #key = makeKeyPair('ed25519').public;
  #passwords: string[] = [PASSWORDS.mallory];
  #tries = 0;
  answered = 0;

  async work(t: ExecutionContext, server: ServerUnderTest): Promise<void> {
    const password = this.#passwords[0] ?? '';
    const client = await login(t, server, 'mallory', { password });
    for (let isAlive = true; isAlive; ) {
      const [current = ''] = this.#passwords;
      this.#tries += 1;
      const next = `evil eve, number ${this.#tries}`;
      this.#passwords = [current, next];
      try {
        const { status } = await run(client, 'passwd', `${current}\n${next}\n${next}\n`);
        isAlive = status === 0;
        if (isAlive) {
          this.#passwords = [next];
          this.answered += 1;
        }
        await run(client, `keys add ${this.#key.trim()}`);
      } catch {
        isAlive = false;
      }
    }
  }

  /** One of the two passwords is the one; the files of the accounts are whole, and can be changed again. */
  async check(t: ExecutionContext, server: ServerUnderTest): Promise<void> {
    const lines = (await readFile(join(server.folder, 'id_passwd.txt'), 'utf8')).split('\n');
    t.deepEqual(
      lines.map((line) => line.split(':')[0]),
      ['alice', 'bob', 'mallory', ''],
    );
    const keys = await readFile(join(server.folder, 'authorized_keys/mallory'), 'utf8').catch(() => '');
    t.true(keys === '' || keys.trim() === this.#key.trim());
    const right: string[] = [];
    for (const password of this.#passwords) {
      const isRight = await login(t, server, 'mallory', { password }).then(
        (client) => client.end() !== undefined,
        (error: Error) => {
          t.regex(error.message, /authentication methods failed/);
          return false;
        },
      );
      if (isRight) right.push(password);
    }
    t.is(right.length, 1);
    this.#passwords = right;
  }
}

for (const upload of ['atomic', 'in-place'] as const) {
  test.serial(`kill: ${upload}: nothing that was answered for is lost, or torn`, async (t) => {
    t.timeout(30_000 + ROUNDS * 20_000);
    const settings = { upload, 'upload-keep': '0', 'log-level': 'info' };
    const folder = await firstFolder(t, settings);
    const writers = Array.from({ length: WRITERS }, (_, id) => new Writer(id));
    const accounts = new AccountWriter();
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startUnderTest(t, {
        folder,
        settings: { ...settings, 'log-file': join(folder, `log-${round}-killed`) },
      });
      const before = writers.reduce((sum, { answered }) => sum + answered, 0);
      const working = [
        ...writers.map(async (writer) => writer.work(await server.connect('alice'))),
        accounts.work(t, server),
      ];
      const enough = before + 150 + Math.floor(Math.random() * 100);
      const isEnough = (): boolean => writers.reduce((sum, { answered }) => sum + answered, 0) >= enough;
      await until(isEnough, 60_000);
      server.child.kill('SIGKILL');
      t.is(await server.ended, 'SIGKILL');
      await Promise.all(working);

      const again = await startUnderTest(t, {
        folder,
        settings: { ...settings, 'log-file': join(folder, `log-${round}`) },
      });
      if (upload === 'atomic') {
        await until(async () => (await again.records()).some(({ message }) => String(message).startsWith('swept')));
      }
      await Promise.all(writers.map((writer) => writer.check(t, join(again.homes, 'alice'), upload === 'in-place')));
      await accounts.check(t, again);
      const left = await readdir(again.folder, { recursive: true });
      t.deepEqual(
        left.filter((path) => basename(path).startsWith('.sshome-upload.')),
        [],
      );
      await worksFor(t, await again.connect('bob'));
      again.child.kill('SIGTERM');
      t.is(await again.ended, 0);
    }
    t.log(`${writers.reduce((sum, { answered }) => sum + answered, 0)} changes, ${accounts.answered} passwords`);
  });
}

/** The folder of a server that has run once. */
async function firstFolder(t: ExecutionContext, settings: Record<string, string>): Promise<string> {
  const server = await startUnderTest(t, { settings });
  server.child.kill('SIGTERM');
  await server.ended;
  return server.folder;
}
