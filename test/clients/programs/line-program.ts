// A small program in another language that drives a client library, spoken to in lines: one request of words, one
// answer. Words are percent-encoded bytes with a space between them, so that any name passes, also one that is not UTF-8.
// The answer is "ok" and its words, or "error" and a message.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { decodeBytes, encodeBytes } from '../../../src/model/bytes.ts';
import { inRepository } from '../../helpers/folder.ts';
import type { ClientSession, Lifetime, Target } from '../driver.ts';
import { downloadTree, type TreeWork, uploadTree } from './trees.ts';

export interface LineProgram {
  /** Sends one request and resolves to the words of its answer; rejects with the program's message. */
  ask(...words: string[]): Promise<string[]>;
}

export interface LineProgramStart {
  readonly program: string;
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The place of a program of this folder. */
export function programSource(name: string): string {
  return inRepository(`test/clients/programs/${name}`);
}

/** Starts the program; it is killed at the end of `t`. */
export function startLineProgram(t: Lifetime, { program, words, environment = {} }: LineProgramStart): LineProgram {
  const child = spawn(program, words, { env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment } });
  t.teardown(() => child.kill('SIGKILL'));
  const answers = answersOf(child);
  return {
    ask: async (...words) => {
      const answer = answers.next();
      child.stdin.write(`${words.map(encodeWord).join(' ')}\n`);
      const [verdict, ...rest] = await answer;
      if (verdict === 'ok') return rest;
      throw new Error(`${words[0]}: ${rest.join(' ')}`);
    },
  };
}

/** Opens a session of the matrix over a program that knows the requests listed in README.md. */
export async function openLineSession(
  t: Lifetime,
  { server, login, knownHosts, rekeyBytes = 0 }: Target,
  start: LineProgramStart,
): Promise<{ session: ClientSession; ask: LineProgram['ask'] }> {
  const { ask } = startLineProgram(t, start);
  const secret = login.method === 'password' ? login.password : login.privateKeyFile;
  const address = [server.host, String(server.port), 'alice'];
  await ask('connect', ...address, login.method, secret, knownHosts, String(rekeyBytes));
  const does = async (...words: string[]): Promise<void> => {
    await ask(...words);
  };
  const work: TreeWork = {
    upload: (local, remote) => does('upload', local, remote),
    download: (remote, local) => does('download', remote, local),
    makeDirectory: (remote) => does('mkdir', remote),
    list: async (remote) => {
      const words = await ask('list', remote);
      return words.map((word) => ({ isFolder: word.startsWith('d'), name: word.slice(1) }));
    },
  };
  const session: ClientSession = {
    upload: work.upload,
    download: work.download,
    list: async (remote) => (await work.list(remote)).map(({ name }) => name),
    delete: (remote) => does('delete', remote),
    uploadTree: (local, remote) => uploadTree(work, local, remote),
    downloadTree: (remote, local) => downloadTree(work, remote, local),
    resumeUpload: (local, remote) => does('resume-upload', local, remote),
    resumeDownload: (remote, local) => does('resume-download', remote, local),
    rename: (from, to) => does('rename', from, to),
    makeDirectory: work.makeDirectory,
    deleteTree: (remote) => does('delete-tree', remote),
    chmod: (remote, mode) => does('chmod', remote, mode.toString(8)),
    makeLink: (target, remote) => does('link', target, remote),
  };
  return { session, ask };
}

function answersOf(child: ChildProcessWithoutNullStreams): { next(): Promise<string[]> } {
  const waiting: Array<{ resolve(words: string[]): void; reject(error: Error): void }> = [];
  let errors = '';
  let ended: Error | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.resolve(line.split(' ').map(decodeWord));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  // A program that has gone says so below.
  child.stdin.on('error', () => {});
  const end = (reason: string): void => {
    ended = new Error(`the program ended: ${reason} ${errors}`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  child.once('error', (error) => end(error.message));
  child.once('close', (status, signal) => end(String(status ?? signal)));
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (ended) reject(ended);
        else waiting.push({ resolve, reject });
      }),
  };
}

function encodeWord(word: string): string {
  return Array.from(encodeBytes(word), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function decodeWord(word: string): string {
  const bytes = Buffer.from(word, 'latin1');
  const decoded: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] === 0x25) {
      decoded.push(Number.parseInt(bytes.toString('latin1', at + 1, at + 3), 16));
      at += 2;
    } else decoded.push(bytes[at] ?? 0);
  }
  return decodeBytes(Buffer.from(decoded));
}
