import test from 'ava';
import { isFolderName } from '../../src/model/folder-name.ts';

test('folder name: letters, digits, ".", "_" and "-", and nothing that means more', (t) => {
  for (const name of ['design', 'Design-2', '_', 'a.b', '2024', 'x'.repeat(64)]) t.true(isFolderName(name), name);
  for (const name of ['', '.', '..', '.hidden', '-x', 'a/b', 'a b', 'a\0', 'a\n', 'büro', 'a@b', '~', 'x'.repeat(65)]) {
    t.false(isFolderName(name), name);
  }
});
