// SFTP, request by request, through ssh2's client.

import { lstat, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SFTPWrapper } from 'ssh2';
import { Absent, CONTENT, holds, isGone, Refused, type Row } from './row.ts';

const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;

type Done<T> = (error: (Error & { code?: number }) | null | undefined, result?: T) => void;

/** Calls a method that ends with a callback. */
export function ask<T>(send: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) =>
    send((error, result) => {
      if (!error) resolve(result as T);
      else if (error.code === PERMISSION_DENIED) reject(new Refused(error.message));
      else if (error.code === NO_SUCH_FILE) reject(new Absent(error.message));
      else reject(error);
    }),
  );
}

async function withHandle<T>(
  sftp: SFTPWrapper,
  path: string,
  flags: 'r' | 'r+' | 'w' | 'wx' | 'a',
  work: (handle: Buffer) => Promise<T>,
): Promise<T> {
  const handle = await ask<Buffer>((done) => sftp.open(path, flags, done));
  try {
    return await work(handle);
  } finally {
    await ask<void>((done) => sftp.close(handle, done));
  }
}

async function read(sftp: SFTPWrapper, path: string): Promise<string> {
  return withHandle(sftp, path, 'r', async (handle) => {
    const target = Buffer.alloc(100);
    const length = await ask<number>((done) => sftp.read(handle, target, 0, target.length, 0, done));
    return target.toString('utf8', 0, length);
  });
}

async function write(sftp: SFTPWrapper, path: string, flags: 'r+' | 'w' | 'wx' | 'a', text = 'new'): Promise<string> {
  const data = Buffer.from(text);
  await withHandle(sftp, path, flags, (handle) =>
    ask<void>((done) => sftp.write(handle, data, 0, data.length, 0, done)),
  );
  return '';
}

/** A request without an answer that is worth looking at. */
function doing(
  title: string,
  needs: Row['needs'],
  send: (sftp: SFTPWrapper, at: (name: string) => string, done: (error?: Error | null) => void) => void,
  isDone: NonNullable<Row['isDone']>,
): Row {
  return {
    title,
    needs,
    isDone,
    run: async ({ sftp }, { at }) => {
      await ask<void>((done) => send(sftp, at, done));
      return '';
    },
  };
}

const PUTTING = ['upload', 'create_dirs'] as const;

export const SFTP_ROWS: readonly Row[] = [
  {
    title: 'OPENDIR, READDIR',
    needs: ['list'],
    answer: 'inner',
    run: async ({ sftp }, { at }) => {
      const entries = await ask<{ filename: string }[]>((done) => sftp.readdir(at('folder'), done));
      return entries.map(({ filename }) => filename).join();
    },
  },
  {
    title: 'STAT',
    needs: ['list'],
    answer: '14',
    run: async ({ sftp }, { at }) => String((await ask<{ size: number }>((done) => sftp.stat(at('file'), done))).size),
  },
  {
    title: 'LSTAT',
    needs: ['list'],
    answer: '4',
    run: async ({ sftp }, { at }) => String((await ask<{ size: number }>((done) => sftp.lstat(at('link'), done))).size),
  },
  {
    title: 'READLINK',
    needs: ['list'],
    answer: 'file',
    run: ({ sftp }, { at }) => ask<string>((done) => sftp.readlink(at('link'), done)),
  },
  {
    title: 'REALPATH',
    needs: ['list'],
    orOneOf: PUTTING,
    answer: '/file',
    run: ({ sftp }, { at }) => ask<string>((done) => sftp.realpath(at('link'), done)),
  },
  {
    title: 'STAT of a folder',
    needs: ['list'],
    orOneOf: PUTTING,
    run: async ({ sftp }, { at }) => String(await ask<unknown>((done) => sftp.stat(at('folder'), done))),
  },
  {
    title: 'statvfs',
    needs: ['list'],
    orOneOf: PUTTING,
    run: async ({ sftp }, { at }) => String(await ask<unknown>((done) => sftp.ext_openssh_statvfs(at('folder'), done))),
  },
  {
    title: 'OPEN to read, READ',
    needs: ['download'],
    answer: CONTENT,
    run: ({ sftp }, { at }) => read(sftp, at('file')),
  },
  {
    title: 'OPEN to read through a link',
    needs: ['download'],
    answer: CONTENT,
    run: ({ sftp }, { at }) => read(sftp, at('link')),
  },
  {
    title: 'OPEN to write a new file, WRITE',
    needs: ['upload'],
    run: ({ sftp }, { at }) => write(sftp, at('new'), 'w'),
    isDone: (host) => holds(host, 'new', 'new'),
  },
  {
    title: 'OPEN to write a new file and no other',
    needs: ['upload'],
    run: ({ sftp }, { at }) => write(sftp, at('new'), 'wx'),
    isDone: (host) => holds(host, 'new', 'new'),
  },
  {
    title: 'OPEN to write a file anew',
    needs: ['overwrite'],
    run: ({ sftp }, { at }) => write(sftp, at('file'), 'w'),
    isDone: (host) => holds(host, 'file', 'new'),
  },
  {
    title: 'OPEN to write into a file',
    needs: ['download', 'overwrite'],
    run: ({ sftp }, { at }) => write(sftp, at('file'), 'r+', 'what is'),
    isDone: (host) => holds(host, 'file', 'what iss there'),
  },
  {
    title: 'OPEN to append',
    needs: ['overwrite'],
    run: ({ sftp }, { at }) => write(sftp, at('file'), 'a', '!'),
    isDone: (host) => holds(host, 'file', `${CONTENT}!`),
  },
  doing(
    'MKDIR',
    ['create_dirs'],
    (sftp, at, done) => sftp.mkdir(at('made'), done),
    async (host) => !(await isGone(host, 'made')),
  ),
  doing(
    'RMDIR',
    ['delete_dirs'],
    (sftp, at, done) => sftp.rmdir(at('empty'), done),
    (host) => isGone(host, 'empty'),
  ),
  doing(
    'REMOVE',
    ['delete_files'],
    (sftp, at, done) => sftp.unlink(at('file'), done),
    (host) => isGone(host, 'file'),
  ),
  doing(
    'REMOVE of a link',
    ['delete_files'],
    (sftp, at, done) => sftp.unlink(at('link'), done),
    (host) => isGone(host, 'link'),
  ),
  doing(
    'RENAME of a file',
    ['rename_files'],
    (sftp, at, done) => sftp.rename(at('file'), at('moved'), done),
    (host) => holds(host, 'moved', CONTENT),
  ),
  doing(
    'RENAME of a folder',
    ['rename_dirs'],
    (sftp, at, done) => sftp.rename(at('folder'), at('moved'), done),
    (host) => holds(host, 'moved/inner', CONTENT),
  ),
  doing(
    'posix-rename over a file',
    ['rename_files', 'overwrite'],
    (sftp, at, done) => sftp.ext_openssh_rename(at('file'), at('other'), done),
    (host) => holds(host, 'other', CONTENT),
  ),
  doing(
    'SYMLINK',
    ['create_symlinks'],
    (sftp, at, done) => sftp.symlink('file', at('new'), done),
    async (host) => (await readlink(join(host, 'new')).catch(() => '')) === 'file',
  ),
  doing(
    'hardlink',
    ['create_symlinks'],
    (sftp, at, done) => sftp.ext_openssh_hardlink(at('file'), at('new'), done),
    async (host) => (await stat(join(host, 'file'))).nlink === 2,
  ),
  doing(
    'SETSTAT of the mode',
    ['chmod'],
    (sftp, at, done) => sftp.chmod(at('file'), 0o600, done),
    async (host) => ((await stat(join(host, 'file'))).mode & 0o777) === 0o600,
  ),
  doing(
    'SETSTAT of the times',
    ['chtimes'],
    (sftp, at, done) => sftp.utimes(at('file'), 1000, 2000, done),
    async (host) => (await stat(join(host, 'file'))).mtimeMs === 2_000_000,
  ),
  doing(
    'lsetstat of the times of a link',
    ['chtimes'],
    (sftp, at, done) => sftp.ext_openssh_lsetstat(at('link'), { atime: 1000, mtime: 2000 }, done),
    async (host) => (await lstat(join(host, 'link'))).mtimeMs === 2_000_000,
  ),
  doing(
    'SETSTAT of the size',
    ['overwrite'],
    (sftp, at, done) => sftp.setstat(at('file'), { size: 4 } as never, done),
    (host) => holds(host, 'file', 'what'),
  ),
  // Who is not root can give nothing away, allowed or not.
  ...(process.getuid?.() === 0
    ? [
        doing(
          'SETSTAT of the owner',
          ['chown', 'list'],
          (sftp, at, done) => sftp.chown(at('file'), 4711, 4712, done),
          async (host) => (await stat(join(host, 'file'))).uid === 4711,
        ),
      ]
    : []),
  {
    title: 'FSETSTAT of the mode and times of a new file',
    needs: ['upload'],
    run: ({ sftp }, { at }) =>
      withHandle(sftp, at('new'), 'w', async (handle) => {
        await ask<void>((done) => sftp.fsetstat(handle, { mode: 0o600, atime: 1000, mtime: 2000 } as never, done));
        return '';
      }),
    isDone: async (host) => (await stat(join(host, 'new'))).mtimeMs === 2_000_000,
  },
  {
    title: 'FSETSTAT of the mode of a file that was there',
    needs: ['download', 'overwrite', 'chmod'],
    run: ({ sftp }, { at }) =>
      withHandle(sftp, at('file'), 'r+', async (handle) => {
        await ask<void>((done) => sftp.fchmod(handle, 0o600, done));
        return '';
      }),
    isDone: async (host) => ((await stat(join(host, 'file'))).mode & 0o777) === 0o600,
  },
  {
    title: 'copy-data',
    needs: ['download', 'upload'],
    run: ({ sftp }, { at }) =>
      withHandle(sftp, at('file'), 'r', (source) =>
        withHandle(sftp, at('new'), 'w', async (target) => {
          await ask<void>((done) => sftp.ext_copy_data(source, 0, 0, target, 0, done));
          return '';
        }),
      ),
    isDone: (host) => holds(host, 'new', CONTENT),
    hasParts: true,
  },
];
