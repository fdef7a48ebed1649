// The same work many times, a few at a time.

/** The first error is thrown when what is under way is done; nothing new is begun after it. */
export async function repeat(times: number, atOnce: number, work: () => Promise<unknown>): Promise<void> {
  let left = times;
  const workOn = async (): Promise<void> => {
    while (left > 0) {
      left--;
      try {
        await work();
      } catch (error) {
        left = 0;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: atOnce }, workOn));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
