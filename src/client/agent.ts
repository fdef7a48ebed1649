// An SSH agent (`SSH_AUTH_SOCK`) that cannot spoil a login: ssh2 reports an agent that is gone as an error of the
// whole connection, although the next method might work.

import { BaseAgent, createAgent, type ParsedKey, type SigningRequestOptions } from 'ssh2';

type IdentityCallback = Parameters<BaseAgent['getIdentities']>[0];
type Signed = (error?: Error | null, signature?: Buffer) => void;

export class ForgivingAgent extends BaseAgent {
  readonly #agent: BaseAgent;
  readonly #refused: () => void;

  /** @param refused called when the agent would not sign with a key that the server takes. */
  constructor(socketPath: string, refused: () => void) {
    super();
    this.#agent = createAgent(socketPath);
    this.#refused = refused;
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
    this.#agent.sign(key, data, signing, (error, signature) => {
      if (error) this.#refused();
      answer?.(error, signature);
    });
  }
}
