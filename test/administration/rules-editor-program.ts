// A process that edits sshome.yaml, for tests of edits at once: `many FILE PREFIX`, and `stop-before-commit FILE`, which
// holds the lock, has written the new content beside the file, and waits to be killed.

import { withFileLock } from '../../src/accounts/file-lock.ts';
import { replaceFile } from '../../src/accounts/replace-file.ts';
import { createRulesEditor } from '../../src/administration/rules-editor.ts';
import { parseConfig } from '../../src/config/config-file.ts';

const [action, file = '', prefix = ''] = process.argv.slice(2);

if (action === 'many') {
  const editor = createRulesEditor({ file, label: file, readRules: parseConfig });
  for (let at = 0; at < 10; at += 1) {
    await editor.edit(() => [{ path: ['users', `${prefix}${at}`, 'files'], value: at }]);
  }
} else if (action === 'stop-before-commit') {
  await withFileLock(file, () =>
    replaceFile(file, Buffer.from('users: {mallory: {roles: [admin]}}\n'), () => {
      process.stdout.write('ready\n');
      // Keeps the process alive until it is killed.
      return new Promise<void>(() => setInterval(() => undefined, 60_000));
    }),
  );
}
