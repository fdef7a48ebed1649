// The matrix where the role comes from the grant of a shared folder: for each row of a face and each place in the folder,
// what the rights there allow works, and what they don't is refused; whatever a row does, it changes nothing else in the
// folder and nothing at home. For who has no grant there is no such folder. What is done to the folder itself, and to what
// is above it, stands in mount-rows.ts, and what goes over its border in border-rows.ts. One test after the other, for each looks at the whole folder.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Action } from '../../src/model/action.ts';
import { BORDER_FACES } from './border-rows.ts';
import { checkRow, isAllowed } from './check-row.ts';
import { FACES } from './faces.ts';
import { MOUNT_FACES, type MountRow } from './mount-rows.ts';
import { makeSpot, spotAt } from './peers.ts';
import { RIGHTS } from './rights.ts';
import { Absent, Refused, type Row } from './row.ts';
import { MEMBERS, type Member, STRANGER, startTeam, TEAM, type Team } from './team.ts';

let team: Team;
const cleanUp: Array<() => unknown> = [];
let spots = 0;

test.before(async () => {
  team = await startTeam({ teardown: (end) => cleanUp.push(end) });
});

test.after.always(async () => {
  for (const end of cleanUp.reverse()) await end();
});

interface Place {
  readonly member: Member;
  /** From the root of the shared folder. */
  readonly folder: string;
  readonly allowed: readonly Action[];
}

const PLACES = MEMBERS.flatMap((member): Place[] =>
  RIGHTS.filter(({ role }) => role === member.role).map(({ folder, allowed }) => ({
    member,
    folder: folder.replace('{user}', member.user),
    allowed,
  })),
);

async function check(t: ExecutionContext, { member, folder, allowed }: Place, row: Row): Promise<void> {
  spots += 1;
  const path = join(folder, String(spots));
  const spot = await makeSpot(`${TEAM}${path}`, join(team.host, path));
  const name = path.slice(1);
  const isInSpot = (line: string): boolean => line.startsWith(`${name} `) || line.startsWith(`${name}/`);
  await checkRow(t, {
    row,
    peer: await team.peerOf(member.user),
    spot,
    allowed: isAllowed(row, allowed),
    label: `${row.title} by ${member.user} in ${folder}`,
    look: async () => {
      const { team: lines, home } = await team.everything(member);
      return { spot: lines.filter(isInSpot), others: [...lines.filter((line) => !isInSpot(line)), ...home] };
    },
  });
  await rm(spot.host, { recursive: true });
}

for (const [face, rows] of Object.entries(FACES)) {
  for (const place of PLACES) {
    const { user } = place.member;
    test.serial(
      `matrix: ${face}: ${user} in ${join(TEAM, place.folder)}: what is allowed works, what is not changes nothing`,
      async (t) => {
        t.timeout(120_000);
        for (const row of rows) await check(t, place, row);
      },
    );
  }
}

/** What somebody is told, who is refused. */
async function refusal(row: Pick<Row, 'run' | 'title'>, path: string): Promise<string> {
  try {
    const answer = await row.run(await team.peerOf(STRANGER.user), spotAt(path, ''));
    throw new Error(`${row.title} by ${STRANGER.user}: worked, and answered ${answer}`);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof Absent)) throw error;
    return `${error.name}: ${error.message.replaceAll(path, 'PATH')}`;
  }
}

/** Who asks for one of these only looks for what is there. */
const LOOKING: readonly Action[] = ['list', 'download'];

for (const [face, rows] of Object.entries(FACES)) {
  test.serial(`matrix: ${face}: for who has no grant there is no such folder, whatever is in it`, async (t) => {
    t.timeout(120_000);
    const path = '/spot';
    const spot = await makeSpot(`${TEAM}${path}`, join(team.host, path));
    const before = await team.everything(STRANGER);
    for (const row of rows) {
      const told = await refusal(row, spot.at(''));
      if (row.needs.every((action) => LOOKING.includes(action))) t.regex(told, /^Absent/, row.title);
      t.is(told, await refusal(row, `${TEAM}/nowhere`), `${row.title}: tells whether something is there`);
    }
    t.deepEqual(await team.everything(STRANGER), before);
    await rm(spot.host, { recursive: true });
  });
}

async function checkMount(t: ExecutionContext, member: Member, row: MountRow): Promise<void> {
  const label = `${row.title} by ${member.user}`;
  const allowed = row.isAllowed(member);
  const before = await team.everything(member);
  let told = '';
  try {
    await row.run(await team.peerOf(member.user));
  } catch (error) {
    told = String(error);
  }
  if (!allowed) {
    t.regex(told, row.refusal(member), `${label}: was not refused so`);
    t.deepEqual(await team.everything(member), before, `${label}: changed something`);
    return;
  }
  t.is(told, '', `${label}: was refused`);
  t.notDeepEqual(await team.everything(member), before, `${label}: was not done`);
  await row.undo?.({ team: team.host, home: team.homeOf(member) });
}

for (const [face, rows] of Object.entries(MOUNT_FACES)) {
  for (const member of [...MEMBERS, STRANGER]) {
    const own = rows.filter(({ membersOnly }) => member !== STRANGER || membersOnly !== true);
    if (own.length === 0) continue;
    test.serial(`matrix: ${face}: ${member.user} can not take away ${TEAM}, nor what is above it`, async (t) => {
      t.timeout(120_000);
      for (const row of own) await checkMount(t, member, row);
    });
  }
}

for (const [face, rows] of Object.entries(BORDER_FACES)) {
  for (const member of [...MEMBERS, STRANGER]) {
    test.serial(`matrix: ${face}: ${member.user} takes over the border of ${TEAM} what both trees allow`, async (t) => {
      t.timeout(120_000);
      for (const row of rows) await checkMount(t, member, row);
    });
  }
}
