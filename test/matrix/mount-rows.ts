// What could be done to a shared folder itself, and to `/shared` above it: nobody can take them away or put something in
// their place, whatever the rights. What is left is theirs who have the right: the attributes of the folder, and in a
// `/shared` that is of the home as well, what is beside the shared folders.

import { chmod, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action } from '../../src/model/action.ts';
import { parsePath, type VirtualPath } from '../../src/model/path.ts';
import { withClient } from './client-rows.ts';
import type { Peer } from './row.ts';
import { playScp } from './scp-rows.ts';
import { ask } from './sftp-rows.ts';
import { execute, type } from './shell-rows.ts';
import { ABOVE, type Member, TEAM } from './team.ts';

export interface MountRow {
  readonly title: string;
  run(peer: Peer): Promise<unknown>;
  isAllowed(member: Member): boolean;
  /** What is said to a member who is refused. */
  refusal(member: Member): RegExp;
  /** Takes back what was allowed. */
  readonly undo?: (on: { team: string; home: string }) => Promise<void>;
  /** Without a grant it is a matter of the own home alone. */
  readonly membersOnly?: boolean;
}

const STAYS = /a shared folder stands here|this is the shared folder itself/;
const IS_FOLDER = /Is a directory|this is the shared folder itself/;
const IS_THERE = /File exists/;
const INTO_ITSELF = /into itself/;
const BESIDE = /only shared folders stand in this folder/;

/** The admin of the folder may do all at home as well: what refuses the admin is never a right that is missing. */
function refusedWith(reason: RegExp): MountRow['refusal'] {
  return ({ role }) => {
    if (role === undefined) return /No such file or directory|Permission denied/;
    return role === 'admin' ? reason : new RegExp(`${reason.source}|Permission denied`);
  };
}

function never(title: string, reason: RegExp, run: MountRow['run']): MountRow {
  return { title, run, isAllowed: () => false, refusal: refusedWith(reason) };
}

/** The same where something is put at the path. */
function neverPut(path: string, title: string, reason: RegExp, run: MountRow['run']): MountRow {
  return { ...never(title, reason, run), membersOnly: path === ABOVE };
}

/** What the owner of `/shared` may do in it, where it is of the home. */
function beside(
  title: string,
  action: Action,
  run: MountRow['run'],
  undo: NonNullable<MountRow['undo']> = ({ home }) => rm(join(home, 'shared/new'), { recursive: true }),
): MountRow {
  return {
    title,
    run,
    isAllowed: ({ hasOwnShared, atHome }) => hasOwnShared && atHome.includes(action),
    refusal: refusedWith(BESIDE),
    undo,
  };
}

/** A change of the attributes of a folder, which both trees have for themselves. */
function ofAttributes(
  path: string,
  {
    title,
    action,
    run,
    undo,
  }: { title: string; action: Action; run: MountRow['run']; undo(host: string): Promise<void> },
): MountRow {
  const isTeam = path === TEAM;
  return {
    title: `${title} ${path}`,
    run,
    isAllowed: ({ inTeam, hasOwnShared, atHome }) =>
      isTeam ? inTeam.includes(action) : hasOwnShared && atHome.includes(action),
    refusal: refusedWith(STAYS),
    undo: ({ team, home }) => undo(isTeam ? team : join(home, 'shared')),
  };
}

const on = (rows: (path: string) => readonly MountRow[]): MountRow[] => [TEAM, ABOVE].flatMap(rows);
const resetTimes = (host: string): Promise<void> => utimes(host, new Date(), new Date());
const at = (path: string): VirtualPath => parsePath(path);

const SFTP_ROWS = on((path) => [
  never(`REMOVE ${path}`, IS_FOLDER, ({ sftp }) => ask((done) => sftp.unlink(path, done))),
  never(`RMDIR ${path}`, STAYS, ({ sftp }) => ask((done) => sftp.rmdir(path, done))),
  never(`RENAME ${path}`, STAYS, ({ sftp }) => ask((done) => sftp.rename(path, '/moved', done))),
  never(`RENAME ${path} into it`, STAYS, ({ sftp }) => ask((done) => sftp.rename(path, `${TEAM}/moved`, done))),
  never(`posix-rename ${path} over a folder`, STAYS, ({ sftp }) =>
    ask((done) => sftp.ext_openssh_rename(path, '/folder', done)),
  ),
  neverPut(path, `RENAME a file to ${path}`, STAYS, ({ sftp }) => ask((done) => sftp.rename('/file', path, done))),
  neverPut(path, `posix-rename a folder over ${path}`, STAYS, ({ sftp }) =>
    ask((done) => sftp.ext_openssh_rename('/folder', path, done)),
  ),
  neverPut(path, `MKDIR ${path}`, IS_THERE, ({ sftp }) => ask((done) => sftp.mkdir(path, done))),
  neverPut(path, `SYMLINK ${path}`, IS_THERE, ({ sftp }) => ask((done) => sftp.symlink('file', path, done))),
  neverPut(path, `hardlink ${path}`, IS_THERE, ({ sftp }) =>
    ask((done) => sftp.ext_openssh_hardlink('/file', path, done)),
  ),
  neverPut(path, `OPEN ${path} to write`, IS_FOLDER, ({ sftp }) => ask((done) => sftp.open(path, 'w', done))),
  ofAttributes(path, {
    title: 'SETSTAT of the mode of',
    action: 'chmod',
    run: ({ sftp }) => ask((done) => sftp.chmod(path, 0o750, done)),
    undo: (host) => chmod(host, 0o700),
  }),
  ofAttributes(path, {
    title: 'SETSTAT of the times of',
    action: 'chtimes',
    run: ({ sftp }) => ask((done) => sftp.utimes(path, 1000, 2000, done)),
    undo: resetTimes,
  }),
]).concat([
  beside(`MKDIR in ${ABOVE}`, 'create_dirs', ({ sftp }) => ask((done) => sftp.mkdir(`${ABOVE}/new`, done))),
  beside(`SYMLINK in ${ABOVE}`, 'create_symlinks', ({ sftp }) =>
    ask((done) => sftp.symlink('file', `${ABOVE}/new`, done)),
  ),
  beside(`OPEN of a new file in ${ABOVE}`, 'upload', async ({ sftp }) => {
    const handle = await ask<Buffer>((done) => sftp.open(`${ABOVE}/new`, 'w', done));
    await ask((done) => sftp.close(handle, done));
  }),
  beside(
    `RENAME into ${ABOVE}`,
    'rename_files',
    ({ sftp }) => ask((done) => sftp.rename('/file', `${ABOVE}/new`, done)),
    ({ home }) => rename(join(home, 'shared/new'), join(home, 'file')),
  ),
]);

/** Lines for `ssh host` and for a shell alike. */
const LINES: readonly MountRow[] = [
  ...on((path) => [
    line(`delete ${path}`, IS_FOLDER),
    line(`delete -r ${path}`, STAYS),
    line(`rmdir ${path}`, STAYS),
    line(`move ${path} /moved`, STAYS),
    line(`move ${path} /folder`, STAYS),
    { ...line(`move ${path} ${TEAM}/moved`, INTO_ITSELF), membersOnly: true },
  ]),
  line(`mkdir ${TEAM}`, IS_THERE),
  beside(`mkdir ${ABOVE}/new`, 'create_dirs', (peer) => execute(peer, `mkdir ${ABOVE}/new`)),
];

function line(text: string, reason: RegExp): MountRow {
  return never(text, reason, (peer) => execute(peer, text));
}

const SCP_ROWS: readonly MountRow[] = [
  neverPut(ABOVE, `scp -t / of a file for ${ABOVE}`, IS_FOLDER, (peer) =>
    playScp(peer, 'scp -t /', 'C0644 3 shared\nnew\0'),
  ),
  neverPut(ABOVE, `scp -t ${ABOVE} of a file for ${TEAM}`, IS_FOLDER, (peer) =>
    playScp(peer, `scp -t ${ABOVE}`, 'C0644 3 team\nnew\0'),
  ),
  {
    ...beside(`scp -t ${ABOVE} of a new file`, 'upload', (peer) =>
      playScp(peer, `scp -t ${ABOVE}`, 'C0644 3 new\nnew\0'),
    ),
    membersOnly: true,
  },
];

const CLIENT_ROWS = on((path) => [
  never(`delete ${path}`, STAYS, (peer) => withClient(peer, (client) => client.delete(path))),
  never(`delete ${path} with what is in it`, STAYS, (peer) =>
    withClient(peer, (client) => client.delete(path, { recursive: true })),
  ),
  never(`files.remove ${path}`, IS_FOLDER, (peer) => withClient(peer, ({ files }) => files.remove(at(path)))),
  never(`move ${path}`, STAYS, (peer) => withClient(peer, (client) => client.move(path, '/moved'))),
  neverPut(path, `move a folder to ${path}`, STAYS, (peer) =>
    withClient(peer, (client) => client.move('/folder', path)),
  ),
  neverPut(path, `move a file over ${path}`, STAYS, (peer) =>
    withClient(peer, (client) => client.move('/file', path, { replace: true })),
  ),
  neverPut(path, `upload over ${path}`, IS_FOLDER, (peer) =>
    withClient(peer, (client) => client.upload(Buffer.from('new'), path)),
  ),
  neverPut(path, `makeDirectory ${path}`, IS_THERE, (peer) => withClient(peer, (client) => client.makeDirectory(path))),
  ofAttributes(path, {
    title: 'files.setAttributes of the mode of',
    action: 'chmod',
    run: (peer) => withClient(peer, ({ files }) => files.setAttributes(at(path), { mode: 0o750 })),
    undo: (host) => chmod(host, 0o700),
  }),
]).concat([
  beside(`upload into ${ABOVE}`, 'upload', (peer) =>
    withClient(peer, (client) => client.upload(Buffer.from('new'), `${ABOVE}/new`)),
  ),
]);

export const MOUNT_FACES: Readonly<Record<string, readonly MountRow[]>> = {
  SFTP: SFTP_ROWS,
  exec: LINES,
  shell: LINES.map((row) => ({ ...row, run: (peer: Peer) => type(peer, row.title) })),
  scp: SCP_ROWS,
  client: CLIENT_ROWS,
};
