// A shell to test: files in memory, a fake account, and a terminal made of streams, with a screen to look at.

import { PassThrough } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { ownerPolicy, type Policy } from '../../src/access/policy.ts';
import { AccountError, type OwnAccount, type PublicKeyInfo, type SecondFactorInfo } from '../../src/model/account.ts';
import type { Administration } from '../../src/model/administration.ts';
import { FileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import type { Log } from '../../src/model/log.ts';
import { parsePath } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { runCommand, runShell } from '../../src/shell/shell.ts';
import type { ShellContext } from '../../src/shell/terminal.ts';
import { createMemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { VirtualScreen } from './virtual-screen.ts';

export interface Home {
  readonly files: Files;
  write(path: string, content: string | Uint8Array): Promise<void>;
  read(path: string): Promise<Buffer>;
  names(path: string): Promise<string[]>;
}

/** An empty home of alice, in memory unless told, in which she may do everything unless told. */
export function createHome({
  storage = createMemoryStorage(),
  policy = ownerPolicy,
}: {
  storage?: Storage;
  policy?: Policy;
} = {}): Home {
  const files = createOperations({ policy, audit: () => undefined }).as({
    identity: { user: 'alice' },
    origin: ORIGIN,
    face: 'shell',
    storage,
  });
  return {
    files,
    async write(path, content) {
      const names = path.split('/').slice(0, -1);
      for (let depth = 1; depth <= names.length; depth += 1) {
        const folder = parsePath(names.slice(0, depth).join('/'));
        await files.makeDirectory(folder).catch(() => undefined);
      }
      const file = await files.open(parsePath(path), { write: true, create: true, truncate: true });
      await file.write(Buffer.from(content), 0);
      await file.close();
    },
    async read(path) {
      const file = await files.open(parsePath(path), { read: true });
      const content = Buffer.alloc((await file.stat()).sizeBytes);
      await file.read(content, 0);
      await file.close();
      return content;
    },
    async names(path) {
      const folder = await files.list(parsePath(path));
      const found: string[] = [];
      for (let next = await folder.read(1000); next.length > 0; next = await folder.read(1000)) {
        found.push(...next.map(({ name }) => name));
      }
      await folder.close();
      return found.sort();
    },
  };
}

const ORIGIN = { sessionId: 'c0ffee', address: '192.0.2.7' };

/** An account with the password "old", no keys, and codes that are "123456"; what was called stands in `calls`. */
export interface FakeAccount extends OwnAccount {
  readonly calls: string[];
}

export function createAccount(): FakeAccount {
  const calls: string[] = [];
  const keys: PublicKeyInfo[] = [];
  let secondFactor: SecondFactorInfo | undefined;
  const requireCode = (code: string): void => {
    if (code !== '123456') throw new AccountError('the code is wrong');
  };
  return {
    calls,
    secondFactor: async () => secondFactor,
    newSecondFactor: async () => {
      if (secondFactor !== undefined) throw new AccountError('there is a second factor already');
      return {
        secret: 'SECRET7SECRET7SECRET7SECRET7SECR',
        uri: 'otpauth://totp/alice?secret=SECRET7SECRET7SECRET7SECRET7SECR',
        qrCode: ['█▀▄', '▀ █'],
        recoveryCodes: ['AAAA-BBBB-CCCC-DDDD', 'EEEE-FFFF-GGGG-HHHH'],
        enable: async (code) => {
          requireCode(code);
          secondFactor = { since: new Date(0), recoveryCodesLeft: 2 };
          calls.push('second factor enabled');
        },
      };
    },
    disableSecondFactor: async (code) => {
      requireCode(code);
      secondFactor = undefined;
      calls.push('second factor disabled');
    },
    newRecoveryCodes: async (code) => {
      requireCode(code);
      calls.push('recovery codes renewed');
      return ['IIII-JJJJ-KKKK-LLLL'];
    },
    changePassword: async (current, next) => {
      if (current !== 'old') throw new AccountError('the current password is wrong');
      calls.push(`password ${next}`);
    },
    keys: async () => keys,
    addKey: async (line) => {
      const [type = '', , comment = ''] = line.split(' ');
      if (!type.startsWith('ssh-')) throw new AccountError('this is no public key');
      const key = { fingerprint: `SHA256:${keys.length}`, type, comment };
      keys.push(key);
      return key;
    },
    removeKey: async (fingerprint) => {
      const index = keys.findIndex((key) => key.fingerprint === fingerprint);
      const [key] = index < 0 ? [] : keys.splice(index, 1);
      if (key === undefined) throw new AccountError('there is no such key');
      return key;
    },
  };
}

export interface ContextParts {
  readonly home: Home;
  readonly account?: OwnAccount;
  readonly administration?: Administration;
  readonly log?: Log;
}

/** Alice may not administer. */
export const NO_ADMINISTRATION: Administration = {
  verbs: [],
  isAllowed: () => false,
  run: async () => Promise.reject(new FileError('permission-denied')),
};

export function createContext(parts: ContextParts): ShellContext {
  const { home, account = createAccount(), administration = NO_ADMINISTRATION, log = createTestLog() } = parts;
  const session = {
    user: 'alice',
    address: '192.0.2.7',
    client: 'Test_1.0',
    since: new Date(0),
    idleMs: 0,
    files: [],
  };
  return {
    identity: { user: 'alice' },
    origin: ORIGIN,
    files: home.files,
    account,
    administration,
    sessions: async () => [
      { ...session, sessionId: 'c0ffee', bytesReceived: 10, bytesSent: 2048 },
      { ...session, sessionId: 'decaf', user: 'bob', bytesReceived: 0, bytesSent: 0 },
    ],
    log,
  };
}

export interface Result {
  readonly status: number;
  readonly stdout: Buffer;
  readonly text: string;
  readonly stderr: string;
}

/** Runs `ssh host LINE` without a terminal. */
export async function run(parts: ContextParts, line: string, input: string | Uint8Array = ''): Promise<Result> {
  return piped(input, (terminal) => runCommand(line, createContext(parts), terminal));
}

/** Runs `ssh -T host` with lines from a pipe. */
export async function runScript(parts: ContextParts, input: string | Uint8Array): Promise<Result> {
  return piped(input, (terminal) => runShell(createContext(parts), terminal));
}

async function piped(
  input: string | Uint8Array,
  work: (terminal: Parameters<typeof runShell>[1]) => Promise<number>,
): Promise<Result> {
  const streams = { input: new PassThrough(), output: new PassThrough(), errorOutput: new PassThrough() };
  streams.input.end(input);
  const stdout = collect(streams.output);
  const stderr = collect(streams.errorOutput);
  const status = await work({ ...streams, pty: undefined, signal: new AbortController().signal });
  streams.output.end();
  streams.errorOutput.end();
  return { status, stdout: await stdout, text: (await stdout).toString(), stderr: (await stderr).toString() };
}

async function collect(stream: PassThrough): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface TerminalSession {
  readonly screen: VirtualScreen;
  /** All that was sent to the terminal. */
  sent(): string;
  type(keys: string | Uint8Array): void;
  /** Resolves when the screen shows `text`. */
  shows(text: string | RegExp): Promise<void>;
  resize(columns: number, rows: number): void;
  /** The user closes the input (as at the end of a pipe). */
  endInput(): void;
  /** The connection is lost. */
  vanish(): void;
  readonly status: Promise<number>;
}

/** Opens a shell, or runs a command, at a terminal. It ends with the test. */
export function openTerminal(
  t: ExecutionContext,
  parts: ContextParts,
  { columns = 80, rows = 24, command }: { columns?: number; rows?: number; command?: string } = {},
): TerminalSession {
  const input = new PassThrough();
  const output = new PassThrough();
  const gone = new AbortController();
  const screen = new VirtualScreen(columns || 80, rows || 24);
  const size = { columns, rows };
  const resizeListeners = new Set<() => void>();
  const watchers = new Set<() => void>();
  let sent = '';
  output.on('data', (chunk: Buffer) => {
    sent += chunk.toString();
    screen.write(chunk.toString());
    for (const watcher of watchers) watcher();
  });
  const terminal = {
    input,
    output,
    errorOutput: output,
    signal: gone.signal,
    pty: {
      type: 'xterm',
      get columns() {
        return size.columns;
      },
      get rows() {
        return size.rows;
      },
      onResize: (listener: () => void) => {
        resizeListeners.add(listener);
        return () => resizeListeners.delete(listener);
      },
    },
  };
  const context = createContext(parts);
  const status = command === undefined ? runShell(context, terminal) : runCommand(command, context, terminal);
  t.teardown(() => gone.abort());
  return {
    screen,
    sent: () => sent,
    type: (keys) => {
      input.write(keys);
    },
    shows: (text) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`never shown: ${text}\n${screen.text()}`)), 20_000);
        const look = (): void => {
          const found = typeof text === 'string' ? screen.text().includes(text) : text.test(screen.text());
          if (!found) return;
          clearTimeout(limit);
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    resize(newColumns, newRows) {
      size.columns = newColumns;
      size.rows = newRows;
      screen.resize(newColumns, newRows);
      for (const listener of resizeListeners) listener();
    },
    endInput: () => {
      input.end();
    },
    vanish: () => gone.abort(),
    status,
  };
}
