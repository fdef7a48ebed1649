// The order in which a login is tried: agent, private keys, password, and what the server asks beyond that. Knows ssh2's
// authHandler, and no prompt.

import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, BaseAgent, ParsedKey, Prompt } from 'ssh2';

/** How often a password is asked for, and what the server asks after a right one. */
const PASSWORD_ATTEMPTS = 3;
const QUESTION_ATTEMPTS = 3;

/** A password, or how to come by one: `attempt` counts from 1; undefined gives up. */
export type PasswordSource = string | ((attempt: number) => Promise<string | undefined>);

/** The answer to a question of the server, a one-time code or a new password; undefined gives up. */
export type AnswerSource = (question: string, instructions: string) => Promise<string | undefined>;

/** Makes a private key ready when its turn comes (it may need a passphrase); undefined passes it over. */
export type IdentitySource = () => Promise<ParsedKey | undefined>;

export interface Credentials {
  readonly user: string;
  readonly agent: BaseAgent | undefined;
  readonly identities: readonly IdentitySource[];
  readonly password: PasswordSource | undefined;
  readonly answer: AnswerSource | undefined;
}

/**
 * ssh2's authHandler for these credentials. Only methods that the server still offers are tried.
 *
 * @param failed called with what an identity or password source threw; the login is given up then.
 */
export function authHandlerFor(credentials: Credentials, failed: (error: unknown) => void): AuthHandlerMiddleware {
  let offered: readonly string[] = [];
  let hasProven = false;
  const methods = methodsOf(credentials, {
    offers: (method) => offered.includes(method),
    isAskingOn: () => hasProven && !offered.includes('password') && offered.includes('keyboard-interactive'),
    failed,
  });
  return (methodsLeft: AuthenticationType[] | null, partialSuccess, next) => {
    // null at the first call: the method "none" finds out what the server offers (RFC 4252, section 5.2).
    offered = methodsLeft ?? [];
    hasProven ||= partialSuccess === true;
    // ssh2 takes `false` for "no more methods"; its types do not say so.
    const giveUp = (): void => next(false as unknown as AuthenticationType);
    methods.next().then(
      ({ done, value }) => (done === true ? giveUp() : next(value)),
      (error: unknown) => {
        failed(error);
        giveUp();
      },
    );
  };
}

/** How the login stands, as the server has told it. */
interface Standing {
  offers(method: string): boolean;
  /** A proof was right, and what is missing is asked for by the server (RFC 4252, section 5.1). */
  isAskingOn(): boolean;
  failed(error: unknown): void;
}

async function* methodsOf(credentials: Credentials, standing: Standing): AsyncGenerator<AnyAuthMethod, undefined> {
  yield { type: 'none', username: credentials.user };
  yield* keysOf(credentials, standing);
  yield* passwordOf(credentials, standing);
  for (let attempt = 1; attempt <= QUESTION_ATTEMPTS && standing.isAskingOn(); attempt += 1) {
    yield byQuestions(credentials, standing, undefined);
  }
  return undefined;
}

async function* keysOf({ user: username, agent, identities }: Credentials, standing: Standing) {
  if (agent !== undefined && standing.offers('publickey')) yield { type: 'agent' as const, username, agent };
  for (const load of identities) {
    if (!standing.offers('publickey')) break;
    const key = await load();
    if (key !== undefined) yield { type: 'publickey' as const, username, key };
  }
}

async function* passwordOf(credentials: Credentials, standing: Standing): AsyncGenerator<AnyAuthMethod, void> {
  const { user: username, password } = credentials;
  if (password === undefined) return;
  const attempts = typeof password === 'string' ? 1 : PASSWORD_ATTEMPTS;
  for (let attempt = 1; attempt <= attempts && !standing.isAskingOn(); attempt += 1) {
    const interactive = !standing.offers('password') && standing.offers('keyboard-interactive');
    if (!interactive && !standing.offers('password')) return;
    const secret = typeof password === 'string' ? password : await password(attempt);
    if (secret === undefined) return;
    yield interactive ? byQuestions(credentials, standing, secret) : { type: 'password', username, password: secret };
  }
}

/**
 * Answers the questions of a server (RFC 4256): the first, if it is a single hidden one, with the password where there is
 * one, and all others by asking.
 */
function byQuestions(
  { user: username, answer }: Credentials,
  { failed }: Standing,
  password: string | undefined,
): AnyAuthMethod {
  let secret = password;
  const answersTo = async (prompts: readonly Prompt[], instructions: string): Promise<string[]> => {
    const [first] = prompts;
    if (secret !== undefined && prompts.length === 1 && first?.echo !== true) {
      const given = secret;
      secret = undefined;
      return [given];
    }
    const answers: string[] = [];
    for (const { prompt } of prompts) answers.push((await answer?.(prompt, instructions)) ?? '');
    return answers;
  };
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, instructions, _language, prompts, finish) => {
      answersTo(prompts, instructions).then(finish, (error: unknown) => {
        failed(error);
        finish(prompts.map(() => ''));
      });
    },
  };
}
