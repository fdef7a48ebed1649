// A time limit on a server that stands still while people are asked.

export interface Deadline {
  /** Does not count the time until `asking` is settled, then counts anew. */
  during<T>(asking: Promise<T>): Promise<T>;
  stop(): void;
}

/** Calls `expired` once `timeoutMs` have passed without an end or a pause. */
export function startDeadline(timeoutMs: number, expired: () => void): Deadline {
  let timer = setTimeout(expired, timeoutMs);
  let stopped = false;
  return {
    async during(asking) {
      clearTimeout(timer);
      try {
        return await asking;
      } finally {
        if (!stopped) timer = setTimeout(expired, timeoutMs);
      }
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
