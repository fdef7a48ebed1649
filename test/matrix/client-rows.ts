// The published client: its verbs, and what of Files goes beyond them.

import { readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../../src/client/index.ts';
import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { Absent, CONTENT, holds, isGone, type Peer, Refused, type Row } from './row.ts';

type ClientRow = Omit<Row, 'run'> & {
  readonly run: (client: Client, at: (name: string) => string) => Promise<unknown>;
};

const ROWS: readonly ClientRow[] = [
  {
    title: 'list',
    needs: ['list'],
    answer: 'inner',
    run: async (client, at) => (await client.list(at('folder'))).map(({ name }) => name).join(),
  },
  {
    title: 'stat',
    needs: ['list'],
    answer: '14',
    run: async (client, at) => (await client.stat(at('file'))).sizeBytes,
  },
  { title: 'preview', needs: ['download'], answer: CONTENT, run: (client, at) => client.preview(at('file')) },
  { title: 'download', needs: ['download'], answer: CONTENT, run: (client, at) => client.download(at('file')) },
  {
    title: 'upload',
    needs: ['upload'],
    run: (client, at) => client.upload(Buffer.from('new'), at('new')),
    isDone: (host) => holds(host, 'new', 'new'),
  },
  {
    title: 'upload over a file',
    needs: ['overwrite'],
    run: (client, at) => client.upload(Buffer.from('new'), at('file')),
    isDone: (host) => holds(host, 'file', 'new'),
  },
  {
    title: 'delete',
    needs: ['list', 'delete_files'],
    run: (client, at) => client.delete(at('file')),
    isDone: (host) => isGone(host, 'file'),
  },
  {
    title: 'delete of an empty folder',
    needs: ['list', 'delete_dirs'],
    run: (client, at) => client.delete(at('empty')),
    isDone: (host) => isGone(host, 'empty'),
  },
  {
    title: 'delete of a folder with what is in it',
    needs: ['list', 'delete_files', 'delete_dirs'],
    run: (client, at) => client.delete(at('folder'), { recursive: true }),
    isDone: (host) => isGone(host, 'folder'),
  },
  {
    title: 'move',
    needs: ['rename_files'],
    run: (client, at) => client.move(at('file'), at('moved')),
    isDone: (host) => holds(host, 'moved', CONTENT),
  },
  {
    title: 'move of a folder',
    needs: ['rename_dirs'],
    run: (client, at) => client.move(at('folder'), at('moved')),
    isDone: (host) => holds(host, 'moved/inner', CONTENT),
  },
  {
    title: 'move over a file',
    needs: ['rename_files', 'overwrite'],
    run: (client, at) => client.move(at('file'), at('other'), { replace: true }),
    isDone: (host) => holds(host, 'other', CONTENT),
  },
  {
    title: 'makeDirectory',
    needs: ['create_dirs'],
    run: (client, at) => client.makeDirectory(at('made')),
    isDone: async (host) => !(await isGone(host, 'made')),
  },
  {
    title: 'files.makeLink',
    needs: ['create_symlinks'],
    run: ({ files }, at) => files.makeLink(parsePath(at('new')), 'file'),
    isDone: async (host) => (await readlink(join(host, 'new')).catch(() => '')) === 'file',
  },
  {
    title: 'files.makeHardLink',
    needs: ['create_symlinks'],
    run: ({ files }, at) => files.makeHardLink(parsePath(at('file')), parsePath(at('new'))),
    isDone: async (host) => (await stat(join(host, 'file'))).nlink === 2,
  },
  {
    title: 'files.setAttributes of the mode',
    needs: ['chmod'],
    run: ({ files }, at) => files.setAttributes(parsePath(at('file')), { mode: 0o600 }),
    isDone: async (host) => ((await stat(join(host, 'file'))).mode & 0o777) === 0o600,
  },
  {
    title: 'files.setAttributes of the times',
    needs: ['chtimes'],
    run: ({ files }, at) =>
      files.setAttributes(parsePath(at('file')), { times: { accessedMs: 1000, modifiedMs: 2_000_000 } }),
    isDone: async (host) => (await stat(join(host, 'file'))).mtimeMs === 2_000_000,
  },
];

export const CLIENT_ROWS: readonly Row[] = ROWS.map((row) => ({
  ...row,
  run: (peer, { at }) => withClient(peer, (client) => row.run(client, at)),
}));

export async function withClient({ client }: Peer, work: (client: Client) => Promise<unknown>): Promise<string> {
  try {
    return String(await work(client));
  } catch (error) {
    if (isFileError(error, 'permission-denied')) throw new Refused(error.message);
    if (isFileError(error, 'not-found')) throw new Absent(error.message);
    throw error;
  }
}
