// The server's end of the control socket. Who may open it is decided by the file's mode: the server's own account alone.
// As long as it is there, no other server takes the folder.

import { chmod, mkdir, stat, unlink } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { AdministrationError } from '../model/administration.ts';
import type { Log } from '../model/log.ts';
import { makeFolders } from '../model/make-folders.ts';
import {
  type ControlHandlers,
  type ControlReply,
  type ControlRequest,
  controlSocketIn,
  MAX_LINE_BYTES,
} from './request.ts';

/** The socket of a server, from its start to its end: while it is there, the folder is taken. */
export interface ControlSocket {
  /** Answers from now on, and lets only the account that the process has by now ask. */
  answer(handlers: ControlHandlers): Promise<void>;
  /** Answers no more: what it would answer with is about to be closed. */
  endAnswers(): void;
  /** Leaves the folder. */
  close(): Promise<void>;
}

const STARTING = 'the server is only just starting; ask again in a moment';
const STOPPING = 'the server is stopping';

/** Whether a server that runs answers at the socket in `folder`. */
export function isControlled(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(controlSocketIn(folder));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Left behind, not there, or somebody else's: it tells nothing of a server that would be in the way. Only one that is
    // there can have too many that wait for it.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EAGAIN'));
  });
}

export async function makeStateFolder(folder: string): Promise<void> {
  await makeFolders({ mkdir, stat }, folder, 0o700);
}

/**
 * Makes the socket in `folder`; one left behind by a server that is gone is replaced. To be called by one process at a time,
 * after `isControlled` has said that there is no other.
 */
export async function openControlSocket({ folder, log }: { folder: string; log: Log }): Promise<ControlSocket> {
  const path = controlSocketIn(folder);
  const sockets = new Set<Socket>();
  let handlers: ControlHandlers | undefined;
  let excuse = STARTING;
  const answer = async (line: string): Promise<ControlReply> =>
    handlers === undefined ? { error: excuse } : reply(line, handlers, log);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug('a control connection broke', { error: error.message }));
    answerLines(socket, answer);
  });
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await listening(server, path);
  return {
    answer: async (given) => {
      await chmod(path, 0o600);
      // Whoever came before that may be anybody.
      for (const socket of sockets) socket.destroy();
      handlers = given;
    },
    endAnswers: () => {
      handlers = undefined;
      excuse = STOPPING;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The answers go in the order of the requests, whichever takes longer. */
function answerLines(socket: Socket, answer: (line: string) => Promise<ControlReply>): void {
  let text = '';
  let answered: Promise<void> = Promise.resolve();
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MAX_LINE_BYTES) socket.destroy();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      answered = answered.then(async () => {
        socket.write(`${JSON.stringify(await answer(line))}\n`);
      });
    }
  });
}

async function reply(line: string, handlers: ControlHandlers, log: Log): Promise<ControlReply> {
  try {
    const request = JSON.parse(line) as ControlRequest;
    const known = Object.hasOwn(handlers, request.verb) ? handlers[request.verb] : undefined;
    const handler = known as ((request: ControlRequest) => unknown) | undefined;
    if (handler === undefined) return { error: `this server knows no ${JSON.stringify(request.verb)}` };
    return { answer: await handler(request) };
  } catch (error) {
    if (error instanceof AdministrationError) return { error: error.message };
    if (error instanceof SyntaxError) return { error: 'this is no JSON' };
    return { error: `internal error (${log.unexpected(error, 'answering the command line')})` };
  }
}
