// A shared folder with a member for each role, and somebody who has no grant. Everybody has other rights at home than
// there, so that nothing can be allowed or refused by those of the wrong tree.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action } from '../../src/model/action.ts';
import { snapshot } from '../storage/snapshot.ts';
import { type Peers, startPeers } from './peers.ts';
import { OWN_ROLES, ROLES, rightsAtRoot } from './rights.ts';

export const ABOVE = '/shared';
export const TEAM = '/shared/team';

export interface Member {
  readonly user: string;
  /** The role in the shared folder; undefined: there is no grant. */
  readonly role: string | undefined;
  /** What may be done in the root of the shared folder. */
  readonly inTeam: readonly Action[];
  /** What may be done at home. */
  readonly atHome: readonly Action[];
  /** The home has a folder `/shared` itself, with a file in it. */
  readonly hasOwnShared: boolean;
}

/** Who may much in the shared folder may do nothing at home, and the other way round; but the admin may do both. */
const OWNERS_AT_HOME = ['admin', 'viewer', 'dropbox', 'nothing'];
const HAVE_OWN_SHARED = ['viewer', 'dropbox', 'nothing'];

export const STRANGER: Member = memberOf('stranger', undefined, 'owner');

export const MEMBERS: readonly Member[] = ROLES.map((role) =>
  memberOf(`team-${role}`, role, OWNERS_AT_HOME.includes(role) ? 'owner' : 'nothing'),
);

const EVERYBODY = [...MEMBERS, STRANGER];

function memberOf(user: string, role: string | undefined, homeRole: 'owner' | 'nothing'): Member {
  return {
    user,
    role,
    inTeam: role === undefined ? [] : rightsAtRoot(role),
    atHome: rightsAtRoot(homeRole),
    hasOwnShared: role !== undefined && HAVE_OWN_SHARED.includes(role),
  };
}

const RULES = `${OWN_ROLES}
folders:
  team:
    grants:
${MEMBERS.map(({ user, role }) => `      - { role: ${role}, users: [${user}] }`).join('\n')}
users:
${EVERYBODY.map(({ user, atHome }) => `  ${user}: { roles: [${atHome.length === 0 ? 'nothing' : 'owner'}] }`).join('\n')}
`;

export interface Team extends Peers {
  /** The shared folder on the disk. */
  readonly host: string;
  homeOf(member: Member): string;
  /** Everything in the shared folder and in the home of a member. */
  everything(member: Member): Promise<Everything>;
}

interface Everything {
  readonly team: readonly string[];
  readonly home: readonly string[];
}

/** A server with the shared folder, in which there is something to lose, as in each home. */
export async function startTeam(t: { teardown(end: () => unknown): unknown }): Promise<Team> {
  const users = EVERYBODY.map(({ user }) => user);
  const peers = await startPeers(t, users, RULES);
  const host = join(peers.server.sharedFolders, 'team');
  const homeOf = ({ user }: Member): string => join(peers.server.homes, user);
  await mkdir(join(host, 'sub'), { recursive: true, mode: 0o700 });
  await writeFile(join(host, 'kept'), 'kept');
  await writeFile(join(host, 'sub/inner'), 'kept');
  for (const member of EVERYBODY) {
    const home = homeOf(member);
    await mkdir(join(home, 'folder'), { recursive: true, mode: 0o700 });
    await writeFile(join(home, 'file'), 'of the home');
    if (!member.hasOwnShared) continue;
    await mkdir(join(home, 'shared'), { mode: 0o700 });
    await writeFile(join(home, 'shared/own'), 'of the home');
  }
  return {
    ...peers,
    host,
    homeOf,
    everything: async (member) => ({ team: await snapshot(host), home: await snapshot(homeOf(member)) }),
  };
}
