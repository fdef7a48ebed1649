// How long the way to the client and back is, as the login shows it: there each message of the client answers ours.

/**
 * What a client sends only when it has our last message: USERAUTH_REQUEST and _INFO_RESPONSE (RFC 4252, RFC 4256),
 * CHANNEL_OPEN and CHANNEL_REQUEST (RFC 4254). Who sends some of them ahead makes the way look shorter.
 */
const ANSWERS: ReadonlySet<number | undefined> = new Set([50, 61, 90, 98]);

export class RoundTrip {
  readonly #now: () => number;
  #sentMs: number | undefined;
  #leastMs: number | undefined;

  /** @param now a clock in milliseconds that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The shortest so far: people who type take longer. Undefined before the first. */
  get leastMs(): number | undefined {
    return this.#leastMs;
  }

  sent(): void {
    this.#sentMs = this.#now();
  }

  /** A message of this type has come. */
  received(type: number | undefined): void {
    if (this.#sentMs !== undefined && ANSWERS.has(type)) {
      this.#leastMs = Math.min(this.#leastMs ?? Number.POSITIVE_INFINITY, this.#now() - this.#sentMs);
    }
    this.#sentMs = undefined;
  }
}
