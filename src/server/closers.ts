// What was opened on the way to a running server, to be closed in the opposite order. One that fails keeps no other open:
// what is counted and remembered is still written down.

export type Closers = Array<() => Promise<void> | void>;

export async function closeAll(closers: Closers): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
