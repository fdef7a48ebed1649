// A download into a file with its progress, given up when it is told to. What arrived is kept, and `resume` goes on there.
// In your program import from 'sshome/client'.

import { type Client, isFileError } from '../src/client/index.ts';

/** Downloads `remote` to `local`; resolves to false when `signal` ended it. */
export async function downloadWithProgress(
  client: Client,
  { remote, local, signal }: { remote: string; local: string; signal: AbortSignal },
  show: (percent: number) => void,
): Promise<boolean> {
  try {
    await client.download(remote, local, {
      signal,
      resume: true,
      onProgress: ({ bytes, totalBytes = 0 }) => show(totalBytes === 0 ? 100 : Math.round((bytes / totalBytes) * 100)),
    });
    return true;
  } catch (error) {
    if (isFileError(error, 'cancelled')) return false;
    throw error;
  }
}
