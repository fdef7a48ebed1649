// A process that wants the lock of FILE for no longer than WAIT_MS, for tests in which it is another account's, or out of
// descriptors: prints `locked` when it has it. With `starve` it then opens files until there is no descriptor left.

import { type FileHandle, open } from 'node:fs/promises';
import { withFileLock } from '../../src/accounts/file-lock.ts';

const [file = '', waitMs = '', starve] = process.argv.slice(2);
const opened: FileHandle[] = [];
await withFileLock(
  file,
  async () => {
    process.stdout.write('locked\n');
    if (starve === undefined) return;
    try {
      for (;;) opened.push(await open(file));
    } catch (error) {
      process.stdout.write(`${(error as NodeJS.ErrnoException).code}\n`);
    }
  },
  Number(waitMs),
);
for (const handle of opened) await handle.close();
