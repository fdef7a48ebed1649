// Which parts of the code an input reaches, from V8's own block coverage: no code is rewritten for it, and nothing is
// installed. A block is counted once; how often it was run is not looked at.

import { type Profiler, Session } from 'node:inspector';

export interface Coverage {
  /** Forgets what was run so far. */
  clear(): void;
  /** The blocks run since then or since the last call. */
  take(): Set<string>;
  close(): void;
}

/** Looks at modules alone whose path has one of `parts` in it. */
export function startCoverage(parts: readonly string[]): Coverage {
  const session = new Session();
  session.connect();
  // Answers come before `post` returns: the session is with this very thread.
  const post = (method: string, params?: object): unknown => {
    let answer: unknown;
    session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`the inspector refuses ${method}: ${error.message}`);
      answer = result;
    });
    return answer;
  };
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const read = (): Profiler.ScriptCoverage[] =>
    (post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType).result;
  return {
    clear: () => void read(),
    take() {
      const blocks = new Set<string>();
      for (const { scriptId, url, functions } of read()) {
        if (!parts.some((part) => url.includes(part))) continue;
        for (const { ranges } of functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            if (count > 0) blocks.add(`${scriptId}:${startOffset}:${endOffset}`);
          }
        }
      }
      return blocks;
    },
    close() {
      post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
