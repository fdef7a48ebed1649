// A login as a script: which methods are tried in turn and what is answered; what the server says comes back in lines.

import ssh2, { type AnyAuthMethod, type Client } from 'ssh2';
import type { TestServer } from './server.ts';

/** What is there, or is found when it is its turn. */
type Later<T> = T | (() => Promise<T>);

function now<T extends string | readonly string[]>(value: Later<T>): Promise<T> {
  return typeof value === 'function' ? value() : Promise.resolve(value);
}

export type Try =
  | { readonly password: Later<string> }
  | { readonly key: string }
  /** The answers to each round of questions. */
  | { readonly answers: readonly Later<readonly string[]>[] }
  | 'none';

export interface ScriptedLogin {
  /** `partial METHODS`, `no METHODS`, `? QUESTION`, `! INSTRUCTION`, and in the end `in` or `out`. */
  readonly heard: readonly string[];
  /** Logged in; to be ended by the test. */
  readonly client: Client | undefined;
}

/** Tries the methods in their order, until the server lets in or has refused them all. */
export async function loginByScript(
  server: Pick<TestServer, 'host' | 'port'>,
  username: string,
  tries: readonly Try[],
): Promise<ScriptedLogin> {
  const client = new ssh2.Client();
  const heard: string[] = [];
  const left = [...tries];
  const isIn = await new Promise<boolean>((resolve) => {
    client.once('ready', () => resolve(true));
    client.once('error', () => resolve(false));
    client.once('close', () => resolve(false));
    client.connect({
      host: server.host,
      port: server.port,
      username,
      authHandler: ((methods: string[] | null, isPartial: boolean | null, next: (method: unknown) => void) => {
        if (methods !== null) heard.push(`${isPartial === true ? 'partial' : 'no'} ${methods.join(',')}`);
        const one = left.shift();
        if (one === undefined) next(false);
        else void methodOf(one, username, heard).then(next);
      }) as ssh2.AuthHandlerMiddleware,
    });
  });
  heard.push(isIn ? 'in' : 'out');
  client.on('error', () => {});
  if (!isIn) client.destroy();
  return { heard, client: isIn ? client : undefined };
}

async function methodOf(one: Try, username: string, heard: string[]): Promise<AnyAuthMethod> {
  if (one === 'none') return { type: 'none', username };
  if ('password' in one) return { type: 'password', username, password: await now(one.password) };
  if ('key' in one) return { type: 'publickey', username, key: one.key };
  const rounds = [...one.answers];
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, instructions, _language, prompts, finish) => {
      if (instructions !== '') heard.push(`! ${instructions}`);
      for (const { prompt } of prompts) heard.push(`? ${prompt}`);
      void now<readonly string[]>(rounds.shift() ?? []).then((answers) => finish([...answers]));
    },
  };
}
