// One connection of the load: how it logs in, the sessions that run in it, and how it ends.

import { connect as connectSocket, type Socket } from 'node:net';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { PASSWORDS } from '../helpers/server.ts';
import { type CommandResult, run } from '../helpers/ssh-client.ts';
import { sftpPeer } from '../hostile/sftp-peer.ts';
import { beginPut, createDesk, drawOperation } from './operations.ts';
import type { Random } from './random.ts';
import { MAX_FAULT_TEXTS, type Tally } from './tally.ts';

/** What all connections of the load share. */
export interface Stage {
  readonly host: string;
  readonly port: number;
  /** A private key of alice. */
  readonly key: string;
  readonly random: Random;
  readonly tally: Tally;
  /** How many operations the next session is to do; undefined when there are enough sessions and operations. */
  nextSession(): number | undefined;
  /** Counts an operation that ended as it must. */
  did(operation: string): void;
}

const SESSIONS_AT_A_TIME = 4;
/** Sessions of a connection, on average; at a time they are fewer than the server's max-channels (10). */
const SESSIONS = 16;

interface Connection {
  readonly stage: Stage;
  readonly client: Client;
  readonly socket: Socket;
  readonly folder: string;
  sessions: number;
  /** The client has ended the connection, amid whatever was under way. */
  isCut: boolean;
}

/** Runs a whole connection. What goes wrong is counted, never thrown. */
export async function runConnection(stage: Stage, number: number): Promise<void> {
  try {
    if (stage.random.chance(0.05)) await refusedLogin(stage);
    const isByKey = stage.random.chance(0.8);
    const { client, socket } = await logIn(stage, isByKey ? withKey(stage) : { password: PASSWORDS.alice });
    stage.tally[isByKey ? 'loginsByKey' : 'loginsByPassword'] += 1;
    const connection: Connection = { stage, client, socket, folder: `/${number}`, sessions: 0, isCut: false };
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    try {
      await runSessions(connection);
    } finally {
      client.end();
      await closed;
    }
  } catch (error) {
    fault(stage, error);
  }
}

async function runSessions(connection: Connection): Promise<void> {
  const { stage } = connection;
  const { random } = stage;
  const made = await run(connection.client, `mkdir ${connection.folder}`);
  stage.tally.execSessions += 1;
  mustSucceed(made, 'mkdir');
  stage.did('exec');
  const sessions = 1 + random.below(2 * SESSIONS - 1);
  // Every eighth connection is cut, after one of its sessions has begun.
  const cutAt = random.chance(0.125) ? 1 + random.below(sessions) : undefined;
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < sessions && !connection.isCut) {
      const operations = stage.nextSession();
      if (operations === undefined) return;
      started += 1;
      await runSession(connection, operations, started === cutAt);
    }
  };
  await Promise.all(Array.from({ length: SESSIONS_AT_A_TIME }, lane));
}

async function runSession(connection: Connection, operations: number, isToBeCut: boolean): Promise<void> {
  const { stage } = connection;
  connection.sessions += 1;
  try {
    if (isToBeCut || stage.random.chance(0.9)) await runSftp(connection, operations, isToBeCut);
    else if (stage.random.chance(0.8)) await runExec(connection);
    else await runShell(connection);
  } catch (error) {
    // Of a connection that was cut, whatever is under way fails.
    if (connection.isCut) stage.tally.cutOff += 1;
    else fault(stage, error);
  }
}

async function runSftp(connection: Connection, operations: number, isToBeCut: boolean): Promise<void> {
  const { stage, client } = connection;
  const { random, tally } = stage;
  const prefix = `${connection.folder}/${connection.sessions}-`;
  const peer = await sftpPeer(client);
  tally.sftpSessions += 1;
  const desk = createDesk(peer, prefix, random);
  try {
    const before = isToBeCut ? random.below(operations) : operations;
    for (let done = 0; done < before; done += 1) {
      const operation = drawOperation(random);
      await operation.run(desk);
      stage.did(operation.name);
    }
    if (isToBeCut) {
      await beginPut(desk);
      cut(connection);
      tally.cutOff += 1;
      return;
    }
    if (desk.leftHandles > 0) {
      tally.leavingSessions += 1;
      tally.leftHandles += desk.leftHandles;
    }
    // As OpenSSH's sftp ends, with EOF, or with the channel closed at once.
    if (random.chance(0.5)) peer.channel.end();
    else peer.channel.close();
    await peer.closed;
  } finally {
    tally.requests += peer.replies.length;
    tally.bytesUp += desk.bytesUp;
    tally.bytesDown += desk.bytesDown;
  }
}

/** Ends the connection without a word of SSH: by a RST or by a FIN, with requests under way. */
function cut(connection: Connection): void {
  const { stage, socket } = connection;
  connection.isCut = true;
  if (stage.random.chance(0.5)) {
    stage.tally.resets += 1;
    socket.resetAndDestroy();
  } else {
    stage.tally.vanished += 1;
    socket.destroy();
  }
}

async function runExec({ stage, client, folder }: Connection): Promise<void> {
  const isToFail = stage.random.chance(0.2);
  const command = isToFail ? 'cat missing' : commandIn(folder, stage.random);
  const result = await run(client, command);
  stage.tally.execSessions += 1;
  if (!isToFail) mustSucceed(result, command);
  else if (result.status !== 1) throw new Error(`${command}: status ${result.status}`);
  stage.did(isToFail ? 'exec, fails' : 'exec');
}

function commandIn(folder: string, random: Random): string {
  const commands = ['whoami', 'pwd', 'echo soak', 'df', `list ${folder}`, `stat ${folder}`];
  return commands[random.below(commands.length)] ?? 'pwd';
}

/** The shell without a terminal: three lines, the last of which ends it. */
async function runShell({ stage, client }: Connection): Promise<void> {
  const output = await new Promise<string>((resolve, reject) => {
    client.shell(false, (error, channel) => {
      if (error) return reject(error);
      stage.tally.shellSessions += 1;
      let text = '';
      channel.on('error', reject);
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      channel.stderr.resume();
      channel.on('close', () => resolve(text));
      channel.end('whoami\npwd\nquit\n');
    });
  });
  if (!output.includes('alice') || !output.includes('/')) throw new Error(`shell: ${JSON.stringify(output)}`);
  for (let line = 0; line < 3; line += 1) stage.did('shell line');
}

function mustSucceed({ status, stderr }: CommandResult, command: string): void {
  if (status !== 0) throw new Error(`${command}: status ${status}, ${stderr}`);
}

async function refusedLogin(stage: Stage): Promise<void> {
  const config = stage.random.chance(0.5) ? { password: 'wrong' } : { username: 'bob', ...withKey(stage) };
  const outcome = await logIn(stage, config).then(
    () => 'was let in',
    (error: Error & { level?: string }) => error.level ?? error.message,
  );
  if (outcome !== 'client-authentication') throw new Error(`a login that must be refused: ${outcome}`);
  stage.tally.refusedLogins += 1;
}

function withKey({ key }: Stage): ConnectConfig {
  return { privateKey: key };
}

async function logIn(stage: Stage, config: ConnectConfig): Promise<{ client: Client; socket: Socket }> {
  const { host, port } = stage;
  const client = new ssh2.Client();
  const socket = connectSocket({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', (error) => {
      client.destroy();
      reject(error);
    });
    client.once('close', () => reject(new Error('closed before the login')));
    client.connect({ sock: socket, username: 'alice', ...config });
  });
  client.on('error', () => {});
  return { client, socket };
}

function fault({ tally }: Stage, error: unknown): void {
  tally.faults += 1;
  if (tally.faultTexts.length < MAX_FAULT_TEXTS) tally.faultTexts.push(String(error));
}
