// What a test gives to its helpers, for those that are used outside of one: things to be undone at the end.

export interface Teardown {
  teardown(undo: () => unknown): void;
}

export interface Undoing extends Teardown {
  /** Undoes all, the last first. */
  undo(): Promise<void>;
}

export function createTeardown(): Undoing {
  const undos: (() => unknown)[] = [];
  return {
    teardown: (undo) => void undos.push(undo),
    async undo() {
      for (const undo of undos.splice(0).reverse()) await undo();
    },
  };
}

/** Runs `work`, and undoes what it has set up. */
export async function withTeardown<Result>(work: (t: Teardown) => Promise<Result>): Promise<Result> {
  const t = createTeardown();
  try {
    return await work(t);
  } finally {
    await t.undo();
  }
}
