// A session of ssh2, for what no stock program can be told: to hold handles, and to do one small operation at a time.

import { once } from 'node:events';
import ssh2, { type Client, type SFTPWrapper } from 'ssh2';
import type { Target } from './openssh-options.ts';

const READ_BYTES = 1024;

export class Ssh2Session {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;

  private constructor(client: Client, sftp: SFTPWrapper) {
    this.#client = client;
    this.#sftp = sftp;
  }

  static async open({ host, port, user }: Target, privateKey: Buffer): Promise<Ssh2Session> {
    const client = new ssh2.Client();
    client.connect({ host, port, username: user, privateKey });
    await once(client, 'ready');
    // A server that is stopped at the end cuts its idle sessions off.
    client.on('error', () => undefined);
    const sftp = await answerOf<SFTPWrapper>((done) => client.sftp(done));
    return new Ssh2Session(client, sftp);
  }

  /** Opens a file and keeps it open for as long as the session lasts. */
  async hold(path: string): Promise<void> {
    await answerOf<Buffer>((done) => this.#sftp.open(path, 'r', done));
  }

  /** OPEN, READ, CLOSE: an operation that meets the path, the folder, the handles and the disk. */
  async readStart(path: string): Promise<void> {
    const handle = await answerOf<Buffer>((done) => this.#sftp.open(path, 'r', done));
    const bytes = Buffer.alloc(READ_BYTES);
    await answerOf<number>((done) => this.#sftp.read(handle, bytes, 0, READ_BYTES, 0, done));
    await answerOf<undefined>((done) => this.#sftp.close(handle, (error) => done(error ?? undefined, undefined)));
  }

  async close(): Promise<void> {
    const closed = once(this.#client, 'close');
    this.#client.end();
    await closed;
  }
}

type Done<T> = (error: Error | undefined, value: T) => void;

function answerOf<T>(ask: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((error, value) => (error ? reject(error) : resolve(value))));
}
