// Deleting a remote folder with what is in it: what stops it before anything is lost, whatever the server.

import test from 'ava';
import { deleteTree } from '../../src/client/delete-tree.ts';
import { FileError, type FileErrorCode } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath } from '../../src/model/path.ts';
import { createHome, type Home } from '../shell/fixtures.ts';

const FOLDER = parsePath('/folder');

async function fullFolder(): Promise<Home> {
  const home = createHome();
  await home.write('/folder/file', 'content');
  await home.write('/folder/inner/deep', 'content');
  return home;
}

/** Files of a server that answers the first RMDIR of the folder with this. */
function answering({ files }: Home, error: FileError): Files {
  let isFirst = true;
  return {
    ...files,
    removeDirectory: async (path) => {
      if (isFirst) {
        isFirst = false;
        throw error;
      }
      await files.removeDirectory(path);
    },
  };
}

for (const code of ['permission-denied', 'read-only', 'busy'] satisfies FileErrorCode[]) {
  test(`delete: a folder that the server keeps (${code}) keeps what is in it`, async (t) => {
    const home = await fullFolder();
    await t.throwsAsync(deleteTree(answering(home, new FileError(code, { path: FOLDER })), FOLDER), { code });
    t.deepEqual(await home.names('/folder'), ['file', 'inner']);
  });
}

for (const error of [
  new FileError('not-empty', { path: FOLDER }),
  new FileError('already-exists', { path: FOLDER }),
  new FileError('io-error', { path: FOLDER }),
  new FileError('io-error', { path: FOLDER, detail: 'remove /folder: directory not empty' }),
]) {
  test(`delete: a full folder goes, where the server calls that "${error.message}"`, async (t) => {
    const home = await fullFolder();
    t.is(await deleteTree(answering(home, error), FOLDER), 4);
    t.deepEqual(await home.names('/'), []);
  });
}

test('delete: an empty folder goes with one request', async (t) => {
  const home = createHome();
  await home.files.makeDirectory(FOLDER);
  const files = { ...home.files, list: () => Promise.reject(new Error('was listed')) };
  t.is(await deleteTree(files, FOLDER), 1);
});
