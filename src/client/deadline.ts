// A time limit on a server that stands still while people are asked.

export interface Deadline {
  /** Does not count the time until `asking`, and all else that is asked at once, is settled; then counts anew. */
  during<T>(asking: Promise<T>): Promise<T>;
  stop(): void;
}

/** Calls `expired` once `timeoutMs` have passed without an end or a pause. */
export function startDeadline(timeoutMs: number, expired: () => void): Deadline {
  let timer = setTimeout(expired, timeoutMs);
  let stopped = false;
  let asked = 0;
  return {
    async during(asking) {
      clearTimeout(timer);
      asked += 1;
      try {
        return await asking;
      } finally {
        asked -= 1;
        if (!stopped && asked === 0) timer = setTimeout(expired, timeoutMs);
      }
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
