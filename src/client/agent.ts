// An SSH agent (`SSH_AUTH_SOCK`) that cannot spoil a login: ssh2 reports an agent that is gone as an error of the
// whole connection, although the next method might work.

import { BaseAgent, createAgent, type ParsedKey, type SigningRequestOptions } from 'ssh2';

type IdentityCallback = Parameters<BaseAgent['getIdentities']>[0];
type Signed = (error?: Error | null, signature?: Buffer) => void;

export class ForgivingAgent extends BaseAgent {
  readonly #agent: BaseAgent;
  readonly #refused: () => void;
  readonly #signing: (signed: Promise<void>) => void;

  /**
   * @param by.refused called when the agent would not sign with a key that the server takes.
   * @param by.signing told of each signature that is waited for, until the agent has answered: a person may have to confirm it.
   */
  constructor(socketPath: string, by: { refused: () => void; signing: (signed: Promise<void>) => void }) {
    super();
    this.#agent = createAgent(socketPath);
    this.#refused = by.refused;
    this.#signing = by.signing;
  }

  /** An agent that does not answer has no keys. */
  override getIdentities(done: IdentityCallback): void {
    this.#agent.getIdentities((error, keys) => done(null, error ? [] : keys));
  }

  override sign(
    key: string | Buffer | ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | Signed,
    done?: Signed,
  ): void {
    const answer = typeof options === 'function' ? options : done;
    const signing = typeof options === 'function' ? {} : options;
    let settle = (): void => {};
    this.#signing(
      new Promise((resolve) => {
        settle = resolve;
      }),
    );
    this.#agent.sign(key, data, signing, (error, signature) => {
      settle();
      if (error) this.#refused();
      answer?.(error, signature);
    });
  }
}
