// What was opened on the way to a running server, to be closed in the opposite order.

export type Closers = Array<() => Promise<void> | void>;

export async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}
