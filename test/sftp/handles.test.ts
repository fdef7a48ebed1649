import test from 'ava';
import { FileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { createHandleTable, type Handle, type HandleTable } from '../../src/sftp/handles.ts';
import { StatusError } from '../../src/sftp/status.ts';
import { createSmallFiles } from './small-files.ts';

const files = createSmallFiles();
files.put('/f', 'content');

const openFile = async (): Promise<Handle> => ({
  kind: 'file',
  file: await files.open(parsePath('/f'), { read: true }),
  readable: true,
  writable: false,
});
const openFolder = async (): Promise<Handle> => ({
  kind: 'directory',
  directory: await files.list(parsePath('/')),
  waiting: undefined,
  ahead: undefined,
  isAtEnd: false,
});
const isInvalid = { instanceOf: StatusError, message: 'Invalid handle' };

async function filled(limit: number): Promise<{ table: HandleTable; file: Buffer; folder: Buffer }> {
  const table = createHandleTable(limit);
  return { table, file: await table.add(openFile), folder: await table.add(openFolder) };
}

test('handles: a handle is found as the kind it was given out for', async (t) => {
  const { table, file, folder } = await filled(2);
  t.is(table.file(file).kind, 'file');
  t.is(table.directory(folder).kind, 'directory');
  t.throws(() => table.directory(file), isInvalid);
  t.throws(() => table.file(folder), isInvalid);
});

test('handles: what was not given out here is not found', async (t) => {
  const { table, file } = await filled(2);
  const other = await filled(2);
  const forged = Buffer.from(file);
  forged.writeUInt8(forged.readUInt8(15) ^ 1, 15);
  for (const id of [forged, other.file, Buffer.alloc(0), Buffer.alloc(16), Buffer.alloc(256), file.subarray(1)]) {
    t.throws(() => table.file(id), isInvalid);
    t.throws(() => table.take(id), isInvalid);
  }
});

test('handles: what was taken is not found again', async (t) => {
  const { table, file } = await filled(2);
  await table.close(table.take(file));
  t.throws(() => table.file(file), isInvalid);
  t.throws(() => table.take(file), isInvalid);
});

test('handles: the limit counts what is being opened and what is being closed', async (t) => {
  const { table, file } = await filled(3);
  let opened = (_handle: Handle): void => {};
  const opening = table.add(
    () =>
      new Promise((resolve) => {
        opened = resolve;
      }),
  );
  const isFull = { instanceOf: FileError, message: /Too many open files/ };
  await t.throwsAsync(table.add(openFile), isFull);
  opened(await openFile());
  await opening;
  const closing = table.close(table.take(file));
  await t.throwsAsync(table.add(openFile), isFull);
  await closing;
  await table.add(openFile);
  t.is(table.size, 3);
});

test('handles: what could not be opened takes no place', async (t) => {
  const table = createHandleTable(1);
  await t.throwsAsync(
    table.add(() => Promise.reject(new FileError('not-found'))),
    { message: /No such file/ },
  );
  await table.add(openFile);
  t.is(table.size, 1);
});

test('handles: closeAll closes every one, and tells which would not', async (t) => {
  const { table } = await filled(9);
  const failure = new Error('disk gone');
  await table.add(async () => ({
    kind: 'file',
    file: { ...(await files.open(parsePath('/f'), {})), close: () => Promise.reject(failure) },
    readable: true,
    writable: true,
  }));
  t.deepEqual(await table.closeAll(), [failure]);
  t.is(table.size, 0);
});
