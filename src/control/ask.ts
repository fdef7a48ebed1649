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

/** Asks the server that keeps its state in `folder`. @throws ControlError */
export function askServer<Request extends ControlRequest>(
  folder: string,
  request: Request,
): Promise<ControlAnswers[Request['verb']]> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(controlSocketIn(folder));
    let text = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const noServer = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      const message = noServer ? `no server is running with its state in ${folder}` : error.message;
      reject(new ControlError(message, { noServer }));
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
