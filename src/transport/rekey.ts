// When the keys of a connection are changed (RFC 4253, section 9), and what may happen meanwhile. ssh2 can change keys and
// never does of its own accord; it lets packets wait for the end of a change without limit.

import type { Protocol } from './ssh2-protocol.ts';

const KEXINIT = 20;

export interface RekeyLimits {
  /** Bytes in one direction after which the keys are changed (OpenSSH's RekeyLimit). */
  readonly rekeyBytes: number;
  /** Milliseconds after which they are. */
  readonly rekeyTimeMs: number;
  /** Milliseconds that a change may take, whoever began it. */
  readonly rekeyTimeoutMs: number;
}

export interface RekeyParts {
  readonly protocol: Protocol;
  readonly limits: RekeyLimits;
  /** Above this many bytes that wait for a change to end, the connection is given up. */
  readonly maxWaitingBytes: number;
  /** The peer does not do its part: the connection must be ended. */
  readonly onStalled: (what: string) => void;
}

export interface Rekeying {
  /** Calls `ready` at once, or when the change that is under way has ended. Never after `stop`. */
  whenDone(ready: () => void): void;
  /** Ends the timers: the connection is over. */
  stop(): void;
}

/** Changes the keys of a connection in time, from its login on. To be called before its first key exchange. */
export function keepRekeying({ protocol, limits, maxWaitingBytes, onStalled }: RekeyParts): Rekeying {
  let isUnderWay = false;
  let isStopped = false;
  let received = 0;
  let sent = 0;
  let waitingPackets = 0;
  let waitingBytes = 0;
  let ready: Array<() => void> = [];
  let timer: NodeJS.Timeout | undefined;

  const began = (): void => {
    if (isUnderWay) return;
    isUnderWay = true;
    clearTimeout(timer);
    timer = setTimeout(() => stalled('the key exchange was not finished'), limits.rekeyTimeoutMs).unref();
  };

  const again = (): void => {
    clearTimeout(timer);
    timer = setTimeout(begin, limits.rekeyTimeMs).unref();
  };

  const begin = (): void => {
    if (isUnderWay || isStopped) return;
    if (protocol._authenticated) {
      began();
      protocol.rekey();
    } else {
      // Before the login there is little to protect, and some clients can't.
      again();
    }
  };

  const stop = (): void => {
    isStopped = true;
    clearTimeout(timer);
    ready = [];
  };

  const stalled = (what: string): void => {
    if (isStopped) return;
    stop();
    onStalled(what);
  };

  /** Counts only what has come since it was last asked: the queue may be long. */
  const isTooMuchWaiting = (): boolean => {
    const queue = protocol._queue ?? [];
    for (; waitingPackets < queue.length; waitingPackets += 1) waitingBytes += queue[waitingPackets]?.length ?? 0;
    return waitingBytes > maxWaitingBytes;
  };

  const handle = protocol._onPayload;
  protocol._onPayload = (payload) => {
    if (isStopped) return undefined;
    received += payload.length;
    if (payload[0] === KEXINIT) {
      if (!protocol._authenticated) return stalled('a second key exchange before the login');
      began();
    } else if (isUnderWay && isTooMuchWaiting()) {
      return stalled('too much waits for the key exchange');
    } else if (received >= limits.rekeyBytes) {
      begin();
    }
    return handle(payload);
  };

  const write = protocol._onWrite;
  protocol._onWrite = (data) => {
    write(data);
    const before = sent;
    sent += data.length;
    // Not at once: this may be the first part of a packet.
    if (before < limits.rekeyBytes && sent >= limits.rekeyBytes) setImmediate(begin);
  };

  const complete = protocol._onHandshakeComplete;
  protocol._onHandshakeComplete = (negotiated) => {
    isUnderWay = false;
    received = 0;
    sent = 0;
    waitingPackets = 0;
    waitingBytes = 0;
    if (!isStopped) again();
    complete(negotiated);
    const waiting = ready;
    ready = [];
    for (const one of waiting) one();
  };

  return {
    whenDone: (one) => {
      if (isStopped) return;
      if (isUnderWay) ready.push(one);
      else one();
    },
    stop,
  };
}
