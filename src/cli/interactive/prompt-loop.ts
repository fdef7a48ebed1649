// The loop of the interactive client: reads lines from a terminal or a pipe and runs them one after the other.

import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Client } from '../../client/client.ts';
import type { VirtualPath } from '../../model/path.ts';
import { printable } from '../../model/printable.ts';
import { EXIT } from '../exit-code.ts';
import { createTransferReport } from '../transfer-report.ts';
import type { InteractiveContext } from './command.ts';
import { complete } from './completion.ts';
import { runLine } from './run-line.ts';

export interface Streams {
  readonly input: Readable & { isTTY?: boolean };
  readonly output: Writable & { isTTY?: boolean; columns?: number };
  readonly errorOutput: Writable & { isTTY?: boolean; columns?: number };
}

/**
 * Runs until `quit` or the end of the input. Resolves to the exit status: with a person at a terminal 0, otherwise that
 * of the first line that failed; the lines after it run all the same.
 *
 * @throws FileError `closed` when the connection is lost.
 */
export async function runPromptLoop(client: Client, folder: VirtualPath, streams: Streams): Promise<number> {
  const { input, output, errorOutput } = streams;
  const interactive = input.isTTY === true && output.isTTY === true;
  const lines = createInterface({
    input,
    output,
    terminal: interactive,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      complete(context, line).then(
        (result) => done(null, result),
        () => done(null, [[], line]),
      );
    },
  });
  let running: AbortController | undefined;
  const context: InteractiveContext = {
    client,
    remoteFolder: folder,
    localFolder: process.cwd(),
    print: (line) => output.write(`${line}\n`),
    columns: () => (interactive ? (output.columns ?? 80) : undefined),
    makeReport: () => createTransferReport({ json: false, output: errorOutput, data: output }),
    confirm: interactive ? (question) => askYesOrNo(lines, question, running?.signal) : undefined,
  };

  lines.on('SIGINT', () => {
    if (running !== undefined) running.abort();
    else {
      // Drops what was typed.
      lines.write(null, { ctrl: true, name: 'u' });
      output.write('\n');
      lines.prompt();
    }
  });
  void client.closed.then(() => lines.close());

  const next = lineQueue(lines);
  let status: number = EXIT.ok;
  for (;;) {
    if (interactive) {
      lines.setPrompt(`${printable(client.user)}@${printable(client.host)}:${printable(context.remoteFolder)}> `);
      lines.prompt();
    }
    const line = await next();
    if (line === undefined) break;
    running = new AbortController();
    const result = await runLine(context, line, running.signal);
    running = undefined;
    if (result === 'quit') break;
    if (status === EXIT.ok) status = result;
  }
  lines.close();
  if (interactive) output.write('\n');
  return interactive ? EXIT.ok : status;
}

/** Lines are kept while a command runs; undefined after the last one. */
function lineQueue(lines: Interface): () => Promise<string | undefined> {
  const waiting: string[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  lines.on('line', (line) => {
    waiting.push(line);
    wake?.();
  });
  lines.on('close', () => {
    ended = true;
    wake?.();
  });
  return async () => {
    while (waiting.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return waiting.shift();
  };
}

/** ^C is no, and so is the end of the input or of the connection. */
async function askYesOrNo(lines: Interface, question: string, signal: AbortSignal | undefined): Promise<boolean> {
  const answer = await new Promise<string>((resolve) => {
    lines.question(question, signal === undefined ? {} : { signal }, resolve);
    signal?.addEventListener('abort', () => resolve('no'), { once: true });
    lines.once('close', () => resolve('no'));
  });
  return /^y(?:es)?$/i.test(answer.trim());
}
