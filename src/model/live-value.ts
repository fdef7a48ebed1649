// A value that is replaced, whole, while the server runs.

export interface LiveValue<Value> {
  readonly now: Value;
  /** Calls `listener` after each change; returns what ends that. */
  onChange(listener: (value: Value) => void): () => void;
}
