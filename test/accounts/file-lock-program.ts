// A process that wants the lock of FILE for no longer than WAIT_MS, for a test in which it is another account's: prints
// `locked` when it has it.

import { withFileLock } from '../../src/accounts/file-lock.ts';

const [file = '', waitMs = ''] = process.argv.slice(2);
await withFileLock(file, async () => process.stdout.write('locked\n'), Number(waitMs));
