// The command line's end of the control socket.

import { createConnection } from 'node:net';
import { AdministrationError } from '../model/administration.ts';
import { type ControlAnswers, type ControlReply, type ControlRequest, controlSocketIn } from './request.ts';

/** No server answers at the socket, or it refused the request. */
export class ControlError extends AdministrationError {
  override readonly name = 'ControlError';
  /** Whether there is no server to ask. */
  readonly noServer: boolean;

  constructor(message: string, { noServer = false }: { readonly noServer?: boolean } = {}) {
    super(message);
    this.noServer = noServer;
  }
}

/** Longer than a worker is waited for that does not answer. */
const ANSWER_LIMIT_MS = 30_000;

/** Asks the server that keeps its state in `folder`. @throws ControlError */
export function askServer<Request extends ControlRequest>(
  folder: string,
  request: Request,
  limitMs: number = ANSWER_LIMIT_MS,
): Promise<ControlAnswers[Request['verb']]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(controlSocketIn(folder));
    // To count anew what is on a disk takes as long as it takes.
    if (request.verb !== 'quota scan') {
      const timer = setTimeout(() => {
        reject(
          new ControlError(`the server has not answered for ${limitMs / 1000} seconds; it may be stopped (SIGCONT)`),
        );
        socket.destroy();
      }, limitMs);
      socket.once('close', () => clearTimeout(timer));
    }
    let text = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const noServer = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(
        new ControlError(noServer ? `no server is running with its state in ${folder}` : wordsFor(error), { noServer }),
      );
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      socket.destroy();
      const reply = JSON.parse(text) as ControlReply;
      if ('error' in reply) reject(new ControlError(reply.error));
      else resolve(reply.answer as ControlAnswers[Request['verb']]);
    });
    socket.once('close', () => reject(new ControlError('the server ended the conversation')));
  });
}

function wordsFor({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EACCES' ? 'this account may not ask the server; run it as the one that the server runs as' : message;
}
