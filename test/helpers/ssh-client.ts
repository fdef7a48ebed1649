// ssh2's client, tamed for tests: connect, run a command, open a channel. The tests of what stock clients do drive
// those programs themselves; this one can also lie.

import type { ExecutionContext } from 'ava';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { type Actor, PASSWORDS, type TestServer } from './server.ts';

export interface CommandResult {
  readonly status: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A client that has logged in as `user`; ended with the test. */
export async function login(
  t: ExecutionContext,
  server: Pick<TestServer, 'host' | 'port'>,
  user: Actor,
  config: ConnectConfig = {},
): Promise<Client> {
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  // One error can be followed by another, which nobody waits for.
  client.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed before login')));
    // With `tryKeyboard`: whatever is asked, the answer is the password.
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(() => PASSWORDS[user])),
    );
    client.connect({ host: server.host, port: server.port, username: user, password: PASSWORDS[user], ...config });
  });
  return client;
}

/** A client that has exchanged keys and not logged in; ended with the test. */
export async function beforeLogin(t: ExecutionContext, server: TestServer, user: Actor): Promise<Client> {
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  client.on('error', () => {});
  await new Promise<void>((resolve) => {
    client.connect({
      host: server.host,
      port: server.port,
      username: user,
      // Never calls back: the connection stays between key exchange and login.
      authHandler: (() => resolve()) as unknown as ssh2.AuthHandlerMiddleware,
    });
  });
  return client;
}

/** Tries to log in and resolves to the error; fails the test if that works. */
export async function refusedLogin(server: TestServer, config: ConnectConfig): Promise<Error & { level?: string }> {
  const client = new ssh2.Client();
  try {
    return await new Promise((resolve, reject) => {
      client.once('ready', () => reject(new Error('was let in')));
      client.once('error', resolve);
      client.once('close', () => resolve(new Error('closed')));
      client.connect({ host: server.host, port: server.port, ...config });
    });
  } finally {
    client.destroy();
  }
}

/** Resolves when the connection is closed. */
export function closed(client: Client): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

/** Runs one command and collects what it says. */
export function run(client: Client, command: string, input: Uint8Array | string = ''): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let status: number | undefined;
      channel.on('data', (chunk: Buffer) => stdout.push(chunk));
      channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      channel.on('exit', (code: number) => {
        status = code;
      });
      channel.on('close', () => {
        resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') });
      });
      channel.end(input);
    });
  });
}

/** Opens the SFTP subsystem as a raw channel, on which the test speaks the protocol itself. */
export function openSubsystem(client: Client, name = 'sftp'): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.subsys(name, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

/** The private parts of ssh2's client that let a test send what no honest client sends. */
export interface LyingClient {
  readonly _protocol: {
    session(channel: number, window: number, maxPacket: number): void;
    channelData(recipient: number, data: Buffer): void;
    tcpipForward(host: string, port: number, wantReply: boolean): void;
    authPassword(user: string, password: string, newPassword?: string): void;
    exec(channel: number, command: string, wantReply: boolean): void;
    openssh_noMoreSessions(wantReply: boolean): void;
  };
}

export function lying(client: Client): LyingClient {
  return client as unknown as LyingClient;
}
