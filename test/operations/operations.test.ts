import { mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ownerPolicy, type Policy } from '../../src/access/policy.ts';
import type { Action } from '../../src/model/action.ts';
import { isFileError } from '../../src/model/error.ts';
import type { AuditEvent, FileEvent } from '../../src/model/event.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath as path } from '../../src/model/path.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { openHome } from '../../src/storage/home.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { deciding } from './deciding.ts';

interface Home {
  readonly files: Files;
  readonly folder: string;
  readonly events: FileEvent[];
}

/** Alice's home under `policy`, with a file, a folder and a link in it. */
async function openAlice(t: ExecutionContext, policy: Policy): Promise<Home> {
  const homesDirectory = await temporaryFolder(t);
  const folder = join(homesDirectory, 'alice');
  await mkdir(join(folder, 'folder/inner'), { recursive: true });
  await writeFile(join(folder, 'file'), 'what was there');
  await symlink('file', join(folder, 'link'));
  const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held' });
  t.teardown(() => storage.close());
  const events: AuditEvent[] = [];
  const operations = createOperations({ policy, audit: (event) => events.push(event) });
  const files = operations.as({
    identity: { user: 'alice' },
    origin: { sessionId: 's1', address: '127.0.0.1' },
    face: 'sftp',
    storage,
  });
  return { files, folder, events: events as FileEvent[] };
}

const allBut = (...refused: readonly Action[]): Policy =>
  deciding((action) => (refused.includes(action) ? 'deny' : 'allow'));

async function save(files: Files, name: string, text: string): Promise<void> {
  const file = await files.open(path(name), { write: true, create: true, truncate: true });
  await file.write(Buffer.from(text), 0);
  await file.close();
}

async function load(files: Files, name: string): Promise<string> {
  const file = await files.open(path(name), { read: true });
  const target = Buffer.alloc(100);
  const bytes = await file.read(target, 0);
  await file.close();
  return target.toString('utf8', 0, bytes);
}

/** Each operation with the actions it needs. Done one after the other by somebody who may do all, each works. */
const OPERATIONS: ReadonlyArray<{ title: string; needs: readonly Action[]; run: (files: Files) => Promise<unknown> }> =
  [
    { title: 'list', needs: ['list'], run: async (files) => (await files.list(path('/folder'))).close() },
    { title: 'stat', needs: ['list'], run: (files) => files.stat(path('/file')) },
    { title: 'lstat', needs: ['list'], run: (files) => files.lstat(path('/link')) },
    { title: 'readLink', needs: ['list'], run: (files) => files.readLink(path('/link')) },
    { title: 'space', needs: ['list'], run: (files) => files.space(path('/file')) },
    { title: 'download', needs: ['download'], run: (files) => load(files, '/file') },
    { title: 'download through a link', needs: ['download'], run: (files) => load(files, '/link') },
    { title: 'upload', needs: ['upload'], run: (files) => save(files, '/new', 'new') },
    { title: 'overwrite', needs: ['overwrite'], run: (files) => save(files, '/file', 'changed') },
    { title: 'create a folder', needs: ['create_dirs'], run: (files) => files.makeDirectory(path('/made')) },
    { title: 'delete a file', needs: ['delete_files'], run: (files) => files.remove(path('/file')) },
    { title: 'delete a folder', needs: ['delete_dirs'], run: (files) => files.removeDirectory(path('/folder/inner')) },
    { title: 'rename a file', needs: ['rename_files'], run: (files) => files.rename(path('/file'), path('/moved')) },
    { title: 'rename a folder', needs: ['rename_dirs'], run: (files) => files.rename(path('/folder'), path('/moved')) },
    {
      title: 'rename over a file',
      needs: ['rename_files', 'overwrite'],
      run: (files) => files.rename(path('/link'), path('/file'), { replace: true }),
    },
    { title: 'make a link', needs: ['create_symlinks'], run: (files) => files.makeLink(path('/new'), 'file') },
    {
      title: 'make a hard link',
      needs: ['create_symlinks'],
      run: (files) => files.makeHardLink(path('/file'), path('/new')),
    },
    { title: 'chmod', needs: ['chmod'], run: (files) => files.setAttributes(path('/file'), { mode: 0o600 }) },
    {
      title: 'chtimes',
      needs: ['chtimes'],
      run: (files) => files.setAttributes(path('/file'), { times: { accessedMs: 0, modifiedMs: 0 } }),
    },
    { title: 'truncate', needs: ['overwrite'], run: (files) => files.setAttributes(path('/file'), { sizeBytes: 0 }) },
    { title: 'copy', needs: ['copy', 'upload'], run: (files) => files.copy(path('/file'), path('/new')) },
    {
      title: 'copy over a file',
      needs: ['copy', 'overwrite'],
      run: async (files) => files.copy(path('/file'), path('/link'), { replace: true }),
    },
  ];

for (const { title, needs, run } of OPERATIONS) {
  test(`operations: ${title}: works for who may do all`, async (t) => {
    const { files } = await openAlice(t, ownerPolicy);
    await t.notThrowsAsync(run(files));
  });

  for (const action of needs) {
    test(`operations: ${title}: is refused without ${action}, and changes nothing`, async (t) => {
      const { files, folder } = await openAlice(t, allBut(action));
      const error = await t.throwsAsync(run(files));
      t.true(isFileError(error, 'permission-denied'));
      t.is(await readFile(join(folder, 'file'), 'utf8'), 'what was there');
      t.is((await stat(join(folder, 'file'))).nlink, 1);
      t.is(await readlink(join(folder, 'link')), 'file');
      t.true((await stat(join(folder, 'folder/inner'))).isDirectory());
      for (const name of ['new', 'made', 'moved']) await t.throwsAsync(stat(join(folder, name)), { code: 'ENOENT' });
    });
  }

  test(`operations: ${title}: needs nothing but ${needs.join(' and ')}`, async (t) => {
    const { files } = await openAlice(
      t,
      deciding((action) => (needs.includes(action) ? 'allow' : 'deny')),
    );
    await t.notThrowsAsync(run(files));
  });
}

test('operations: the policy is asked about where a link leads, not about the link', async (t) => {
  const asked: string[] = [];
  const { files } = await openAlice(
    t,
    deciding((action, at) => {
      asked.push(`${action} ${at}`);
      return 'allow';
    }),
  );
  await load(files, '/link');
  t.deepEqual(asked, ['download /file']);
});

test('operations: what is hidden is answered as if it were not there', async (t) => {
  const { files } = await openAlice(
    t,
    deciding((_action, at) => (at === '/file' ? 'hidden' : 'allow')),
  );
  const hidden = await t.throwsAsync(files.stat(path('/file')));
  const missing = await t.throwsAsync(files.stat(path('/none')));
  t.true(isFileError(hidden, 'not-found'));
  t.is(hidden.message, missing?.message ?? '');
});

test('operations: the home itself can be looked at by who may look at nothing', async (t) => {
  const { files } = await openAlice(
    t,
    deciding(() => 'deny'),
  );
  t.is((await files.stat(path('/'))).kind, 'directory');
  t.is(await files.realPath(path('/')), path('/'));
  await t.throwsAsync(files.list(path('/')), { message: /Permission denied/ });
});

test('operations: who may put something somewhere may look at the folder, and learn its name, and nothing of files', async (t) => {
  for (const action of ['upload', 'create_dirs'] as const) {
    const { files } = await openAlice(
      t,
      deciding((asked) => (asked === action ? 'allow' : 'deny')),
    );
    t.is((await files.stat(path('/folder'))).kind, 'directory');
    await t.notThrowsAsync(files.space(path('/folder')));
    // Of a file and of nothing it learns the same.
    t.is(await files.realPath(path('/file')), path('/file'));
    t.is(await files.realPath(path('/none')), path('/none'));
    for (const name of ['/file', '/none', '/link']) {
      await t.throwsAsync(files.stat(path(name)), { message: 'Permission denied' });
    }
    await t.throwsAsync(files.list(path('/folder')), { message: 'Permission denied' });
  }
  const { files } = await openAlice(
    t,
    deciding((asked) => (asked === 'list' ? 'allow' : 'deny')),
  );
  t.is(await files.realPath(path('/link')), path('/file'));
  const { files: nobody } = await openAlice(
    t,
    deciding(() => 'deny'),
  );
  for (const name of ['/file', '/none', '/folder']) {
    await t.throwsAsync(nobody.realPath(path(name)), { message: 'Permission denied' });
  }
});

test('operations: whoever makes a file may give it its mode and times while it is open', async (t) => {
  const { files } = await openAlice(
    t,
    deciding((asked) => (['upload', 'overwrite'].includes(asked) ? 'allow' : 'deny')),
  );
  const changes = { mode: 0o600, times: { accessedMs: 0, modifiedMs: 0 } };
  const made = await files.open(path('/new'), { write: true, create: true });
  await t.notThrowsAsync(made.setAttributes(changes));
  await t.throwsAsync(made.setAttributes({ owner: { uid: 1, gid: 1 } }), { message: 'Permission denied' });
  await made.close();
  const old = await files.open(path('/file'), { write: true });
  await t.throwsAsync(old.setAttributes(changes), { message: 'Permission denied' });
  await old.close();
});

test('operations: a file can do what it was opened for, and no more', async (t) => {
  const { files } = await openAlice(t, ownerPolicy);
  const reading = await files.open(path('/file'), { read: true });
  await t.throwsAsync(reading.write(Buffer.from('x'), 0), { message: /not open for writing/ });
  await t.throwsAsync(reading.setAttributes({ sizeBytes: 0 }), { message: /not open for writing/ });
  await reading.close();
  const writing = await files.open(path('/file'), { write: true });
  await t.throwsAsync(writing.read(Buffer.alloc(1), 0), { message: /not open for reading/ });
  await writing.close();
  t.is(await load(files, '/file'), 'what was there');
});

test('operations: rights count when a file is opened; what is open goes on', async (t) => {
  let decision: 'allow' | 'deny' = 'allow';
  const { files } = await openAlice(
    t,
    deciding(() => decision),
  );
  const file = await files.open(path('/file'), { read: true });
  decision = 'deny';
  t.is(await file.read(Buffer.alloc(4), 0), 4);
  await file.close();
  await t.throwsAsync(files.open(path('/file'), { read: true }), { message: /Permission denied/ });
});

test('operations: an upload is one event, when it is closed, with its bytes', async (t) => {
  const { files, events } = await openAlice(t, ownerPolicy);
  const file = await files.open(path('/new'), { write: true, create: true });
  await file.write(Buffer.from('12345'), 0);
  await file.write(Buffer.from('678'), 5);
  t.deepEqual(events, []);
  await file.close();
  await file.close();
  t.is(events.length, 1);
  t.like(events[0], {
    event: 'file.upload',
    user: 'alice',
    sessionId: 's1',
    address: '127.0.0.1',
    face: 'sftp',
    path: '/new',
    bytes: 8,
    outcome: 'ok',
  });
  t.is(typeof events[0]?.durationMs, 'number');
});

test('operations: a download is one event, with its bytes', async (t) => {
  const { files, events } = await openAlice(t, ownerPolicy);
  await load(files, '/file');
  t.is(events.length, 1);
  t.like(events[0], { event: 'file.download', path: '/file', bytes: 14, outcome: 'ok' });
});

test('operations: what is refused or fails is recorded with its code', async (t) => {
  const { files, events } = await openAlice(t, allBut('download'));
  await t.throwsAsync(load(files, '/file'));
  await t.throwsAsync(files.remove(path('/none')));
  await t.throwsAsync(files.makeDirectory(path('/folder')));
  t.deepEqual(
    events.map(({ event, path, outcome }) => [event, path, outcome]),
    [
      ['file.download', '/file', 'permission-denied'],
      ['file.delete', '/none', 'not-found'],
      ['directory.create', '/folder', 'already-exists'],
    ],
  );
});

test('operations: a rename is one event with both paths', async (t) => {
  const { files, events } = await openAlice(t, ownerPolicy);
  await files.rename(path('/file'), path('/moved'));
  t.like(events[0], { event: 'file.rename', path: '/file', target: '/moved', outcome: 'ok' });
});

test('operations: a copy is one event with its bytes', async (t) => {
  const { files, events } = await openAlice(t, ownerPolicy);
  await files.copy(path('/file'), path('/new'));
  t.is(events.length, 1);
  t.like(events[0], { event: 'file.copy', path: '/file', target: '/new', bytes: 14, outcome: 'ok' });
});

test('operations: a copy has the content and mode, and shortens what it replaces', async (t) => {
  const { files, folder } = await openAlice(t, ownerPolicy);
  await save(files, '/long', 'x'.repeat(3_000_000));
  await files.setAttributes(path('/file'), { mode: 0o640 });
  await files.copy(path('/file'), path('/new'));
  await files.copy(path('/file'), path('/long'), { replace: true });
  t.is(await readFile(join(folder, 'new'), 'utf8'), 'what was there');
  t.is((await stat(join(folder, 'new'))).mode & 0o777, 0o640);
  t.is(await readFile(join(folder, 'long'), 'utf8'), 'what was there');
});

test('operations: a copy of a file onto itself, by whatever name, keeps the file', async (t) => {
  const { files, folder } = await openAlice(t, ownerPolicy);
  await files.makeHardLink(path('/file'), path('/second'));
  for (const target of ['/file', '/link', '/second']) {
    await files.copy(path('/file'), path(target), { replace: true });
    t.is(await readFile(join(folder, 'file'), 'utf8'), 'what was there');
  }
});

test('operations: a copy without replace leaves what is there', async (t) => {
  const { files, folder } = await openAlice(t, ownerPolicy);
  await save(files, '/other', 'other');
  const error = await t.throwsAsync(files.copy(path('/other'), path('/file')));
  t.true(isFileError(error, 'already-exists'));
  t.is(await readFile(join(folder, 'file'), 'utf8'), 'what was there');
});
