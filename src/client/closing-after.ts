// Work on something that is open, which is closed after it however it ends.

/** Settles as `work` does, once `open` is closed. Of two failures the first counts. */
export async function closingAfter<T>(open: { close(): Promise<void> }, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await open.close().catch(() => {});
    throw error;
  }
  await open.close();
  return result;
}
