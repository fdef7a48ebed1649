// A process that edits a credentials file, for tests of edits at once: `add FILE NAME`, `add-many FILE PREFIX`, and
// `stop-before-commit FILE`, which holds the lock, has written the new content beside the file, and waits to be killed.

import { addUser } from '../../src/accounts/edit-credentials.ts';
import { withFileLock } from '../../src/accounts/file-lock.ts';
import { replaceFile } from '../../src/accounts/replace-file.ts';

const [action, file = '', name = ''] = process.argv.slice(2);

if (action === 'add') {
  await addUser(file, name, 'b');
} else if (action === 'add-many') {
  for (let at = 0; at < 20; at += 1) await addUser(file, `${name}${at}`, 's');
} else if (action === 'stop-before-commit') {
  await withFileLock(file, () =>
    replaceFile(file, Buffer.from('mallory:m\n'), () => {
      process.stdout.write('ready\n');
      // Keeps the process alive until it is killed.
      return new Promise<void>(() => setInterval(() => undefined, 60_000));
    }),
  );
}
