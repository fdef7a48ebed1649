// One session of the stock `sftp`, held open and given one command after the other: so the login is not timed with the
// transfer, and what the server spends on either can be told apart.

import { type StartedProcess, startProgram, stopProgram } from '../processes.ts';
import { type Algorithms, opensshOptions, type Target } from './openssh-options.ts';

/** `lpwd` asks nothing of the server, and its answer is the sign that the commands before it are done. */
const MARK = 'lpwd';
const MARK_ANSWER = /Local working directory: .*\n$/;
/** Enough of the end of the output to hold that answer. */
const TAIL_BYTES = 4352;

export class SftpSession {
  readonly #process: StartedProcess;
  #output: Buffer[] = [];
  #errors = '';
  #isEnded = false;
  #onChange: () => void = () => undefined;

  private constructor(process: StartedProcess) {
    this.#process = process;
    process.child.stdout?.on('data', (chunk: Buffer) => {
      this.#output.push(chunk);
      this.#onChange();
    });
    process.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    // A session that has ended takes no more commands; `run` says so.
    process.child.stdin?.on('error', () => undefined);
    void process.ended.then(() => {
      this.#isEnded = true;
      this.#onChange();
    });
  }

  /** Logs in and waits until the session takes commands. */
  static async open(target: Target, privateKey: string, algorithms: Algorithms = {}): Promise<SftpSession> {
    const words = [
      ...opensshOptions(privateKey, algorithms),
      ...['-q', '-b', '-', '-P', String(target.port)],
      `${target.user}@${target.host}`,
    ];
    const session = new SftpSession(await startProgram('sftp', words, { stdio: ['pipe', 'pipe', 'pipe'] }));
    await session.run('pwd');
    return session;
  }

  /** Runs one command to its end and resolves to what it printed. A command that fails ends the session. */
  async run(command: string): Promise<string> {
    this.#output = [];
    this.#process.child.stdin?.write(`${command}\n${MARK}\n`);
    await new Promise<void>((resolve, reject) => {
      this.#onChange = () => {
        if (this.#isMarked()) resolve();
        else if (this.#isEnded)
          reject(new Error(`sftp: ${command}: ${this.#errors.trim() || 'the session has ended'}`));
      };
      this.#onChange();
    }).finally(() => {
      this.#onChange = () => undefined;
    });
    return Buffer.concat(this.#output).toString('utf8');
  }

  /** Ends the session and waits until the program is gone. */
  async close(): Promise<void> {
    if (this.#isEnded) return;
    this.#process.child.stdin?.end();
    await this.#process.ended;
  }

  /** Ends it whatever it does. */
  async abandon(): Promise<void> {
    if (!this.#isEnded) await stopProgram(this.#process);
  }

  #isMarked(): boolean {
    const last = this.#output.at(-1);
    // Long listings come in thousands of pieces: only a piece that ends a line can end the answer.
    if (last?.at(-1) !== 0x0a) return false;
    return MARK_ANSWER.test(tailOf(this.#output));
  }
}

function tailOf(chunks: readonly Buffer[]): string {
  const tail: Buffer[] = [];
  let bytes = 0;
  for (let index = chunks.length - 1; index >= 0 && bytes < TAIL_BYTES; index--) {
    const chunk = chunks[index] ?? Buffer.alloc(0);
    tail.unshift(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(tail).subarray(-TAIL_BYTES).toString('utf8');
}
