// What a running command reads and writes, the same with a terminal and without: lines, names, bytes, errors, questions.

import { printable } from '../model/printable.ts';
import type { ByteInput } from './byte-input.ts';
import type { Output } from './output.ts';
import type { Pager } from './pager.ts';

export interface CommandIo {
  /** Whether a person sits at a terminal, and can be asked. */
  readonly interactive: boolean;
  /** Of the terminal; undefined without one. */
  readonly columns: number | undefined;
  /** Aborted by ^C and when the peer is gone. */
  readonly signal: AbortSignal;
  /** Piped input; undefined with a terminal, and between the lines of a shell. */
  readonly input: ByteInput | undefined;
  /** A name or path as it may be shown: escaped on a terminal, its own bytes in a pipe. */
  shown(name: string): string;
  /** Writes one line of output, page by page on a terminal. */
  line(text: string): Promise<void>;
  /** Writes bytes as they are. Never to a terminal. */
  bytes(data: Uint8Array): Promise<void>;
  /** Writes lines to the error output; control characters in them are escaped. */
  error(text: string): Promise<void>;
  /** Asks, and resolves to the answer; undefined when there is none. `secret`: what is typed is not shown. */
  ask(question: string, options?: { readonly secret?: boolean }): Promise<string | undefined>;
}

/** Makes a CommandIo of the parts that runner.ts has for it. */
export function createCommandIo(parts: {
  readonly output: Output;
  readonly errorOutput: Output;
  readonly pager: Pager | undefined;
  readonly columns: () => number | undefined;
  readonly signal: AbortSignal;
  readonly input: ByteInput | undefined;
  readonly ask: CommandIo['ask'];
}): CommandIo {
  const { output, errorOutput, pager, signal } = parts;
  const onTerminal = pager !== undefined;
  return {
    interactive: onTerminal,
    get columns() {
      return parts.columns();
    },
    signal,
    input: parts.input,
    shown: (name) => (onTerminal ? printable(name) : name),
    async line(text) {
      signal.throwIfAborted();
      if (pager !== undefined) await pager.beforeLine(text);
      await output.text(`${text}\n`);
    },
    async bytes(data) {
      signal.throwIfAborted();
      await output.bytes(data);
    },
    async error(text) {
      await output.flush();
      // Escaped without a terminal too: people read this, and it is their terminal in the end.
      await errorOutput.text(`${text.split('\n').map(printable).join('\n')}\n`);
      await errorOutput.flush();
    },
    ask: parts.ask,
  };
}
