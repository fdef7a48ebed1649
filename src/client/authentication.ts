// The order in which a login is tried: agent, private keys, password. Knows ssh2's authHandler, and no prompt.

import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, BaseAgent, ParsedKey } from 'ssh2';

/** How often a password is asked for. */
const PASSWORD_ATTEMPTS = 3;

/** A password, or how to come by one: `attempt` counts from 1; undefined gives up. */
export type PasswordSource = string | ((attempt: number) => Promise<string | undefined>);

/** Makes a private key ready when its turn comes (it may need a passphrase); undefined passes it over. */
export type IdentitySource = () => Promise<ParsedKey | undefined>;

export interface Credentials {
  readonly user: string;
  readonly agent: BaseAgent | undefined;
  readonly identities: readonly IdentitySource[];
  readonly password: PasswordSource | undefined;
}

/**
 * ssh2's authHandler for these credentials. Only methods that the server still offers are tried.
 *
 * @param failed called with what an identity or password source threw; the login is given up then.
 */
export function authHandlerFor(credentials: Credentials, failed: (error: unknown) => void): AuthHandlerMiddleware {
  let offered: readonly string[] = [];
  const methods = methodsOf(credentials, (method) => offered.includes(method));
  return (methodsLeft: AuthenticationType[] | null, _partialSuccess, next) => {
    // null at the first call: the method "none" finds out what the server offers (RFC 4252, section 5.2).
    offered = methodsLeft ?? [];
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

async function* methodsOf(
  { user: username, agent, identities, password }: Credentials,
  offers: (method: string) => boolean,
): AsyncGenerator<AnyAuthMethod, undefined> {
  yield { type: 'none', username };
  if (agent !== undefined && offers('publickey')) yield { type: 'agent', username, agent };
  for (const load of identities) {
    if (!offers('publickey')) break;
    const key = await load();
    if (key !== undefined) yield { type: 'publickey', username, key };
  }
  if (password === undefined) return undefined;
  const attempts = typeof password === 'string' ? 1 : PASSWORD_ATTEMPTS;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const interactive = !offers('password') && offers('keyboard-interactive');
    if (!interactive && !offers('password')) return undefined;
    const secret = typeof password === 'string' ? password : await password(attempt);
    if (secret === undefined) return undefined;
    yield interactive ? passwordByPrompt(username, secret) : { type: 'password', username, password: secret };
  }
  return undefined;
}

/** Answers the one hidden prompt of a server that asks for the password itself (RFC 4256). */
function passwordByPrompt(username: string, secret: string): AnyAuthMethod {
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(({ echo }) => (echo === true || prompts.length > 1 ? '' : secret))),
  };
}
