// What goes from the home into the shared folder, and back: nothing is renamed or linked over the border, and what is
// copied, or moved by copying, needs the rights of the one tree here and those of the other there.

import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action } from '../../src/model/action.ts';
import { parsePath } from '../../src/model/path.ts';
import { withClient } from './client-rows.ts';
import type { MountRow } from './mount-rows.ts';
import { ask } from './sftp-rows.ts';
import { execute, type } from './shell-rows.ts';
import { TEAM } from './team.ts';

interface Way {
  readonly from: string;
  readonly to: string;
  readonly leads: 'in' | 'out';
}

const WAYS: readonly Way[] = [
  { from: '/file', to: `${TEAM}/new`, leads: 'in' },
  { from: `${TEAM}/kept`, to: '/new', leads: 'out' },
];

const REFUSED = /Permission denied|No such file or directory/;

/** What needs these actions where the thing is, and those where it goes. */
function crossing(
  { leads }: Way,
  {
    title,
    here,
    there,
    moves,
    run,
  }: Pick<MountRow, 'title' | 'run'> & {
    here: readonly Action[];
    there: readonly Action[];
    moves: boolean;
  },
): MountRow {
  return {
    title,
    run,
    isAllowed: ({ atHome, inTeam }) => {
      const [source, target] = leads === 'in' ? [atHome, inTeam] : [inTeam, atHome];
      return here.every((action) => source.includes(action)) && there.every((action) => target.includes(action));
    },
    refusal: () => REFUSED,
    undo: async ({ team, home }) => {
      const [original, copy] =
        leads === 'in' ? [join(home, 'file'), join(team, 'new')] : [join(team, 'kept'), join(home, 'new')];
      await (moves ? rename(copy, original) : rm(copy));
    },
  };
}

/** What nobody can; who has all the rights is told that there is a border. */
function never(title: string, run: MountRow['run']): MountRow {
  const border = /Invalid cross-device link: between the home and a shared folder/;
  return { title, run, isAllowed: () => false, refusal: ({ role }) => (role === 'admin' ? border : either(border)) };
}

function either(border: RegExp): RegExp {
  return new RegExp(`${border.source}|${REFUSED.source}`);
}

const SFTP_ROWS = WAYS.flatMap(({ from, to }) => [
  never(`RENAME ${from} to ${to}`, ({ sftp }) => ask((done) => sftp.rename(from, to, done))),
  never(`posix-rename ${from} to ${to}`, ({ sftp }) => ask((done) => sftp.ext_openssh_rename(from, to, done))),
  never(`hardlink ${from} to ${to}`, ({ sftp }) => ask((done) => sftp.ext_openssh_hardlink(from, to, done))),
]);

const MOVING: readonly Action[] = ['list', 'rename_files', 'copy', 'delete_files'];

const LINES = WAYS.flatMap((way) =>
  [
    {
      title: `move ${way.from} ${way.to}`,
      here: MOVING,
      there: ['list', 'rename_files', 'upload'],
      moves: true,
    } as const,
    { title: `copy ${way.from} ${way.to}`, here: ['list', 'copy'], there: ['list', 'upload'], moves: false } as const,
  ].map((row) => crossing(way, { ...row, run: (peer) => execute(peer, row.title) })),
);

const CLIENT_ROWS = WAYS.flatMap((way) => [
  never(`move ${way.from} to ${way.to}`, (peer) => withClient(peer, (client) => client.move(way.from, way.to))),
  crossing(way, {
    title: `files.copy of ${way.from} to ${way.to}`,
    here: ['download'],
    there: ['upload'],
    moves: false,
    run: (peer) => withClient(peer, ({ files }) => files.copy(parsePath(way.from), parsePath(way.to))),
  }),
]);

export const BORDER_FACES: Readonly<Record<string, readonly MountRow[]>> = {
  SFTP: SFTP_ROWS,
  exec: LINES,
  shell: LINES.map((row) => ({ ...row, run: (peer) => type(peer, row.title) })),
  client: CLIENT_ROWS,
};
