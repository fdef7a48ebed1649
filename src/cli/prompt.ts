// Asks for a secret on the terminal, without echo. Knows nothing of what the secret is for.

import { StringDecoder } from 'node:string_decoder';

/** The user pressed ^C (or ^D on an empty line): the command ends, with status 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('interrupted');
  }
}

/** The terminal as the prompt uses it: `process.stdin` and `process.stderr` are this. */
export interface SecretTerminal {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly output: NodeJS.WritableStream;
}

/** Longest secret that can be typed, in UTF-16 units; what goes beyond is dropped. */
const MAX_LENGTH = 4096;

/**
 * Writes `question` and reads a line of keys that are not shown. Backspace removes a character, ^U the line; keys that
 * move a cursor do nothing. What was pasted beyond the end of the line is left for the next question.
 *
 * @param signal fires when nobody wants the answer any more.
 * @throws InterruptedError
 */
export async function askSecret(
  question: string,
  { input, output }: SecretTerminal,
  signal?: AbortSignal,
): Promise<string> {
  if (signal?.aborted === true) throw new InterruptedError();
  const line = new SecretLine();
  const decoder = new StringDecoder('utf8');
  // First no echo, then the question: who answers at once must not see the answer.
  input.setRawMode?.(true);
  try {
    output.write(question);
    return await new Promise<string>((resolve, reject) => {
      const stop = (): void => {
        input.off('data', onData).off('end', onEnd).off('error', onError);
        signal?.removeEventListener('abort', onEnd);
        input.pause();
      };
      const onEnd = (): void => {
        stop();
        reject(new InterruptedError());
      };
      const onError = (error: Error): void => {
        stop();
        reject(error);
      };
      const onData = (chunk: Buffer | string): void => {
        const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
        const ended = line.type(text);
        if (ended === undefined) return;
        stop();
        if (ended.rest !== '') input.unshift(Buffer.from(ended.rest));
        if (ended.interrupted) reject(new InterruptedError());
        else resolve(line.text);
      };
      input.on('data', onData).on('end', onEnd).on('error', onError);
      signal?.addEventListener('abort', onEnd);
      input.resume();
    });
  } finally {
    input.setRawMode?.(false);
    output.write('\n');
  }
}

/** A line of keys, until one ends it. */
class SecretLine {
  text = '';
  /** Where we are in the sequence of a cursor or function key (ECMA-48: CSI, SS3), whose characters are no text. */
  #sequence: 'none' | 'escape' | 'csi' | 'ss3' = 'none';

  /** Takes what was typed; tells how the line ended, if it did, and what came after. */
  type(typed: string): { interrupted: boolean; rest: string } | undefined {
    let at = 0;
    for (const key of typed) {
      at += key.length;
      if (this.#isPartOfSequence(key)) continue;
      if (key === '\r' || key === '\n') return { interrupted: false, rest: typed.slice(at).replace(/^\n/, '') };
      if (key === '\x03' || (key === '\x04' && this.text === '')) return { interrupted: true, rest: '' };
      if (key === '\x7f' || key === '\b') this.text = [...this.text].slice(0, -1).join('');
      else if (key === '\x15') this.text = '';
      else if (!/\p{Cc}/u.test(key) && this.text.length < MAX_LENGTH) this.text += key;
    }
    // The Escape key alone: terminals send the sequence of another key in one piece.
    if (this.#sequence === 'escape') this.#sequence = 'none';
    return undefined;
  }

  #isPartOfSequence(key: string): boolean {
    const before = this.#sequence;
    if (key === '\x1b') this.#sequence = 'escape';
    else if (before === 'escape') this.#sequence = key === '[' ? 'csi' : key === 'O' ? 'ss3' : 'none';
    else if (before === 'ss3' || (before === 'csi' && /[@-~]/.test(key))) this.#sequence = 'none';
    return before !== 'none' || this.#sequence !== 'none';
  }
}
