// The order of a login, without a server: what is offered decides what is tried.

import test from 'ava';
import ssh2, { type AnyAuthMethod, type AuthenticationType } from 'ssh2';
import { authHandlerFor, type Credentials } from '../../src/client/authentication.ts';

const key = ssh2.utils.parseKey(ssh2.utils.generateKeyPairSync('ed25519').private);
if (key instanceof Error) throw key;

class NoKeysAgent extends ssh2.BaseAgent {
  override getIdentities(done: Parameters<ssh2.BaseAgent['getIdentities']>[0]): void {
    done(null, []);
  }
  override sign(): void {}
}

/** The methods that are tried against a server that refuses all and offers these. */
async function tried(
  credentials: Partial<Credentials>,
  offered: AuthenticationType[],
  failed: (error: unknown) => void = () => {},
): Promise<AnyAuthMethod[]> {
  const all = {
    user: 'alice',
    agent: undefined,
    identities: [],
    password: undefined,
    answer: undefined,
    ...credentials,
  };
  const handler = authHandlerFor(all, failed);
  const methods: AnyAuthMethod[] = [];
  // ssh2 gives null at first, whatever its types say.
  let left: AuthenticationType[] | null = null;
  for (;;) {
    const next = await new Promise<unknown>((resolve) => handler(left as AuthenticationType[], false, resolve));
    if (next === false) return methods;
    methods.push(next as AnyAuthMethod);
    left = offered;
  }
}

const types = (methods: readonly AnyAuthMethod[]): string[] => methods.map(({ type }) => type);

test('authentication: agent, keys, then the password three times', async (t) => {
  const credentials: Partial<Credentials> = {
    agent: new NoKeysAgent(),
    identities: [async () => key, async () => undefined, async () => key],
    password: async (attempt) => `guess ${attempt}`,
  };
  const methods = await tried(credentials, ['publickey', 'password']);
  t.deepEqual(types(methods), ['none', 'agent', 'publickey', 'publickey', 'password', 'password', 'password']);
  t.deepEqual(
    methods.flatMap((method) => (method.type === 'password' && 'password' in method ? [method.password] : [])),
    ['guess 1', 'guess 2', 'guess 3'],
  );
});

test('authentication: what the server does not offer is not tried, nor asked for', async (t) => {
  let asked = 0;
  const ask = async (): Promise<undefined> => {
    asked += 1;
    return undefined;
  };
  t.deepEqual(types(await tried({ identities: [ask], password: ask }, ['hostbased'])), ['none']);
  t.is(asked, 0);
});

test('authentication: a password that is given is tried once, one that is not typed never', async (t) => {
  t.deepEqual(types(await tried({ password: 'secret' }, ['password'])), ['none', 'password']);
  t.deepEqual(types(await tried({ password: async () => undefined }, ['password'])), ['none']);
});

type Asked = { prompt: string; echo?: boolean }[];

/** What a method answers to rounds of questions. */
async function answersOf(method: AnyAuthMethod | undefined, ...rounds: Asked[]): Promise<string[][]> {
  if (method === undefined || !('prompt' in method)) throw new Error('this method answers nothing');
  const given: string[][] = [];
  for (const prompts of rounds) {
    given.push(await new Promise((resolve) => method.prompt('', 'Be quick.', '', prompts, resolve)));
  }
  return given;
}

test('authentication: a server that asks for the password itself gets it once, and for no other question', async (t) => {
  const [, method] = await tried({ password: 'secret' }, ['keyboard-interactive']);
  const password = { prompt: 'Password: ', echo: false };
  t.deepEqual(await answersOf(method, [{ prompt: 'Your name: ', echo: true }]), [['']]);
  t.deepEqual(await answersOf(method, [password, { prompt: 'Code: ', echo: false }]), [['', '']]);
  t.deepEqual(await answersOf(method, [password], [{ prompt: 'Code: ', echo: false }]), [['secret'], ['']]);
});

test('authentication: after a right proof, what the server asks for is asked of the user', async (t) => {
  const asked: string[] = [];
  const answer = async (question: string, instructions: string): Promise<string> => {
    asked.push(`${instructions} ${question}`);
    return '123456';
  };
  const password = async (attempt: number): Promise<string> => `password ${attempt}`;
  const methods: unknown[] = [];
  const handler = authHandlerFor({ user: 'alice', agent: undefined, identities: [], password, answer }, () => t.fail());
  const next = (left: AuthenticationType[] | null, isPartial: boolean): Promise<unknown> =>
    new Promise((resolve) => handler(left as AuthenticationType[], isPartial, resolve));
  methods.push(await next(null, false), await next(['password', 'keyboard-interactive'], false));
  const questions = await next(['keyboard-interactive'], true);
  t.deepEqual(await answersOf(questions as AnyAuthMethod, [{ prompt: 'One-time code: ', echo: false }]), [['123456']]);
  t.deepEqual(asked, ['Be quick. One-time code: ']);
  // Three times at most, and no password is asked for meanwhile.
  methods.push(questions, await next(['keyboard-interactive'], false), await next(['keyboard-interactive'], false));
  t.deepEqual(types(methods as AnyAuthMethod[]), ['none', 'password', ...Array(3).fill('keyboard-interactive')]);
  t.is(await next(['keyboard-interactive'], false), false);
});

test('authentication: what a source throws ends the login and is told', async (t) => {
  const gone = new Error('gone');
  let told: unknown;
  const identities = [() => Promise.reject(gone)];
  t.deepEqual(
    types(
      await tried({ identities, password: 'secret' }, ['publickey', 'password'], (error) => {
        told = error;
      }),
    ),
    ['none'],
  );
  t.is(told, gone);
});
