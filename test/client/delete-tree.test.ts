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

/*
 * What was wrong: ^C at the prompt of the interactive client did nothing while `delete -r` ran, nor `list` or any other
 * command but transfers: what had been typed by mistake was deleted to the end.
 * How it was reached: `delete -r` of the wrong folder, and ^C.
 * What this verifies: nothing more is deleted once the signal has fired.
 */
test('delete: a signal ends it', async (t) => {
  const home = await fullFolder();
  for (let index = 0; index < 100; index += 1) await home.write(`/folder/more${index}`, '');
  const stop = new AbortController();
  let removed = 0;
  const files: Files = {
    ...home.files,
    remove: async (path) => {
      removed += 1;
      stop.abort();
      await home.files.remove(path);
    },
  };
  await t.throwsAsync(deleteTree(files, FOLDER, stop.signal), { code: 'cancelled' });
  t.is(removed, 1);
  t.true((await home.names('/folder')).includes('inner'));
});
