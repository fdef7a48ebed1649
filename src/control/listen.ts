// The server's end of the control socket. Who may open it is decided by the file's mode: the server's own account alone.

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

export interface ControlListener {
  close(): Promise<void>;
}

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

/** Answers requests at the socket in `folder`; one left behind by a server that is gone is replaced. */
export async function listenForControl(by: {
  folder: string;
  handlers: ControlHandlers;
  log: Log;
}): Promise<ControlListener> {
  const { folder, handlers, log } = by;
  const path = controlSocketIn(folder);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug('a control connection broke', { error: error.message }));
    answerLines(socket, (line) => reply(line, handlers, log));
  });
  await makeFolders({ mkdir, stat }, folder, 0o700);
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await listening(server, path);
  await chmod(path, 0o600);
  return {
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
