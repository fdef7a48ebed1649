// Works on many items with a few under way at a time.

/**
 * Calls `work` for each item, at most `limit` at once, in the order of the items. After a failure no more items are
 * taken; it is thrown when what is under way has ended.
 */
export async function concurrently<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (item: T): void => {
    const running = work(item)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => underWay.delete(running));
    underWay.add(running);
  };
  try {
    for await (const item of items) {
      start(item);
      if (underWay.size >= limit) await Promise.race(underWay);
      if (failures.length > 0) break;
    }
  } catch (error) {
    // The items may have come to an end because of what failed before.
    failures.push(error);
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}
