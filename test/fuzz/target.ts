// What can be fuzzed: something that takes any bytes, and what must hold whatever they are.

/** A thing under test, ready for inputs. */
export interface Subject {
  /** Takes one input. Throws, or rejects, when what must hold does not. */
  run(input: Buffer): void | Promise<void>;
  close?(): Promise<void>;
}

export interface Target {
  /** Also the name of its folder in test/corpus. */
  readonly name: string;
  /** What holds for every input, as a sentence. */
  readonly invariant: string;
  /** The compiled modules whose coverage leads the search: parts of their paths. */
  readonly covers: readonly string[];
  /** Words of the format, which chance alone would take long to find. */
  readonly dictionary: readonly (string | Buffer)[];
  /** Inputs to begin with when the corpus has none. */
  readonly seeds: readonly (string | Buffer)[];
  /** No input is made longer than this. */
  readonly maxBytes: number;
  begin(): Subject | Promise<Subject>;
}

/** The subject of a target that is a plain function. */
export function pure(run: (input: Buffer) => void | Promise<void>): () => Subject {
  return () => ({ run });
}

/** @throws Error with the message, unless the condition holds. */
export function holds(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Runs `read`, and takes an error of the one kind it may throw for a refusal: undefined. */
export function unlessRefused<Result>(
  read: () => Result,
  refusal: abstract new (...parts: never[]) => Error,
): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}
