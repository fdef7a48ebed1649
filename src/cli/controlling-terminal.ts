// The terminal to ask people on, also when standard input and output are pipes, as ssh(1) does it.

import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ReadStream, WriteStream } from 'node:tty';
import { askSecret, InterruptedError } from './prompt.ts';

export interface Asking {
  /** Reads a line that is not shown. @throws InterruptedError, also when `signal` fires */
  secret(question: string, signal?: AbortSignal): Promise<string>;
  /** Asks until the answer is yes or no. @throws InterruptedError, also when `signal` fires */
  yesOrNo(question: string, signal?: AbortSignal): Promise<boolean>;
}

/** undefined when there is no terminal. It is opened for each question and let go of after it. */
export function controllingTerminal(): Asking | undefined {
  const own = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!own && openTerminal(true) === undefined) return undefined;
  const withTerminal = async <T>(work: (terminal: Terminal) => Promise<T>): Promise<T> => {
    const terminal = own ? { input: process.stdin, output: process.stderr, close() {} } : openTerminal();
    if (terminal === undefined) throw new InterruptedError();
    try {
      return await work(terminal);
    } finally {
      terminal.close();
    }
  };
  return {
    secret: (question, signal) => withTerminal((terminal) => askSecret(question, terminal, signal)),
    yesOrNo: (question, signal) => withTerminal((terminal) => askYesOrNo(question, terminal, signal)),
  };
}

interface Terminal {
  readonly input: ReadStream;
  readonly output: NodeJS.WritableStream;
  close(): void;
}

function openTerminal(probe = false): Terminal | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    const input = new ReadStream(openSync('/dev/tty', 'r'));
    const output = new WriteStream(openSync('/dev/tty', 'w'));
    const close = (): void => {
      input.destroy();
      output.destroy();
    };
    if (probe) close();
    return { input, output, close };
  } catch {
    // No process group with a terminal: a service, cron, a detached job.
    return undefined;
  }
}

async function askYesOrNo(question: string, { input, output }: Terminal, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted === true) throw new InterruptedError();
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  const leave = (): void => lines.close();
  signal?.addEventListener('abort', leave);
  const ask = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      lines.once('SIGINT', () => reject(new InterruptedError()));
      lines.once('close', () => reject(new InterruptedError()));
      lines.question(text, resolve);
    });
  try {
    for (let text = question; ; text = 'Please type yes or no: ') {
      const answer = (await ask(text)).trim().toLowerCase();
      if (answer === 'yes' || answer === 'y') return true;
      if (answer === 'no' || answer === 'n') return false;
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    lines.close();
  }
}
