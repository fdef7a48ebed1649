// How often a connection that is logged in may begin a key exchange. Each costs the server as much as a new connection, and
// RFC 4253 sets no bound to them: what comes too soon waits. Does not know what is exchanged, nor with whom.

const KEXINIT = 20;

/** Who has moved as much since the last exchange has a reason for the next, and is not made to wait. */
const FREE_AFTER_BYTES = 1024 * 1024;

/** More than the window of a channel, which a client may fill before it is answered. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

export interface KeyExchangePaceParts {
  /** Exchanges in a second, above which they wait. */
  readonly perSecond: number;
  /** Handles the KEXINIT whose time has come. */
  readonly begin: (kexInit: Buffer) => void;
  /** Handles what came after it meanwhile. */
  readonly goOn: (message: Buffer) => void;
  /** Handling has thrown, outside of ssh2's own reading. */
  readonly onError: (error: unknown) => void;
  readonly onViolation: (what: string) => void;
}

export interface KeyExchangePace {
  /** Bytes have been sent. */
  moved(bytes: number): void;
  /** Takes a message that must wait; false leaves it to the caller. `isAnswer`: the exchange was begun by this side. */
  holds(message: Buffer, isAnswer: boolean): boolean;
  /** The connection is over. */
  stop(): void;
}

export function paceKeyExchanges(parts: KeyExchangePaceParts): KeyExchangePace {
  const stepMs = 1000 / parts.perSecond;
  let nextMs = 0;
  let movedBytes = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let timer: NodeJS.Timeout | undefined;

  const release = (): void => {
    const [kexInit, ...rest] = held;
    held = [];
    heldBytes = 0;
    if (kexInit === undefined) return;
    try {
      parts.begin(kexInit);
      for (const message of rest) parts.goOn(message);
    } catch (error) {
      parts.onError(error);
    }
  };

  const hold = (message: Buffer): void => {
    heldBytes += message.length;
    if (heldBytes <= MAX_HELD_BYTES) {
      held.push(Buffer.from(message));
      return;
    }
    stop();
    parts.onViolation('too much during a key exchange');
  };

  const stop = (): void => {
    clearTimeout(timer);
    held = [];
  };

  return {
    moved: (bytes) => {
      movedBytes += bytes;
    },
    holds: (message, isAnswer) => {
      if (held.length > 0) {
        hold(message);
        return true;
      }
      movedBytes += message.length;
      if (message[0] !== KEXINIT) return false;
      const isFree = isAnswer || movedBytes >= FREE_AFTER_BYTES;
      movedBytes = 0;
      if (isFree) return false;
      const now = performance.now();
      // A second's worth may come at once.
      nextMs = Math.max(nextMs + stepMs, now - 1000 + stepMs);
      if (nextMs <= now) return false;
      hold(message);
      timer = setTimeout(release, nextMs - now).unref();
      return true;
    },
    stop,
  };
}
