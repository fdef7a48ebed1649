// Writes one audit event for each finished operation, whatever its outcome.

import { FileError } from '../model/error.ts';
import type { Audit, FileEvent, FileEventName } from '../model/event.ts';
import type { Face, Identity, Origin } from '../model/identity.ts';

/** What an event says of an operation beside who, when and how it ended. */
export interface Subject {
  readonly event: FileEventName;
  readonly path: string;
  readonly target?: string;
}

export interface Recorder {
  /** Runs `operation` and records how it ended; `bytesOf` tells how much its result moved. */
  record<Result>(
    subject: Subject,
    operation: () => Promise<Result>,
    bytesOf?: (result: Result) => number,
  ): Promise<Result>;
  /** Starts the clock of an operation that ends later, as a file that is open. Ends once. */
  start(subject: Subject): (outcome: FileEvent['outcome'], bytes?: number) => void;
}

export function createRecorder(by: { audit: Audit; identity: Identity; origin: Origin; face: Face }): Recorder {
  const { audit, identity, origin, face } = by;
  const start = (subject: Subject): ((outcome: FileEvent['outcome'], bytes?: number) => void) => {
    const startedMs = performance.now();
    return (outcome, bytes) =>
      audit({
        event: subject.event,
        user: identity.user,
        address: origin.address,
        sessionId: origin.sessionId,
        face,
        path: subject.path,
        ...(subject.target === undefined ? {} : { target: subject.target }),
        ...(bytes === undefined ? {} : { bytes }),
        durationMs: Math.round((performance.now() - startedMs) * 1000) / 1000,
        outcome,
      });
  };
  return {
    start,
    async record(subject, operation, bytesOf) {
      const end = start(subject);
      try {
        const result = await operation();
        end('ok', bytesOf?.(result));
        return result;
      } catch (error) {
        end(outcomeOf(error));
        throw error;
      }
    },
  };
}

export function outcomeOf(error: unknown): FileEvent['outcome'] {
  return error instanceof FileError ? error.code : 'internal';
}
