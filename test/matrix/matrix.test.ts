// One matrix: every action, every role, every face. For each row of a face and each place in a home where somebody has
// some rights, what these allow works, and what they don't is refused and changes nothing. The same in shared folders
// stands in shared-folders.test.ts.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ACTIONS, NOT_ASKED_FOR } from '../../src/model/action.ts';
import { COMMANDS } from '../../src/shell/commands/table.ts';
import { inRepository } from '../helpers/folder.ts';
import { snapshot } from '../storage/snapshot.ts';
import { checkRow, isAllowed } from './check-row.ts';
import { FACES } from './faces.ts';
import { makeSpot, type Peers, startPeers } from './peers.ts';
import { allBut, OWN_ROLES, RIGHTS, type Rights, ROLES } from './rights.ts';
import type { Row } from './row.ts';
import { COMMAND_ROWS, COMMANDS_WITHOUT_FILES } from './shell-rows.ts';

/** The users are called as their roles are. */
const RULES = `${OWN_ROLES}
users:
${ROLES.map((role) => `  ${role}: { roles: [${role}] }`).join('\n')}
`;

let peers: Peers;
const cleanUp: Array<() => unknown> = [];
let spots = 0;

test.before(async () => {
  peers = await startPeers({ teardown: (end) => cleanUp.push(end) }, ROLES, RULES);
});

test.after.always(async () => {
  for (const end of cleanUp.reverse()) await end();
});

async function check(t: ExecutionContext, { role: user, folder, allowed }: Rights, row: Row): Promise<void> {
  spots += 1;
  const path = join(folder.replace('{user}', user), String(spots));
  const spot = await makeSpot(path, join(peers.server.homes, user, path));
  await checkRow(t, {
    row,
    peer: await peers.peerOf(user),
    spot,
    allowed: isAllowed(row, allowed),
    label: `${row.title} by ${user} in ${folder}`,
    // Beside it, other tests are at work.
    look: async () => ({ spot: await snapshot(spot.host), others: [] }),
  });
}

for (const [face, rows] of Object.entries(FACES)) {
  for (const place of RIGHTS) {
    test(`matrix: ${face}: ${place.role} in ${place.folder}: what is allowed works, what is not changes nothing`, async (t) => {
      t.timeout(120_000);
      for (const row of rows) await check(t, place, row);
    });
  }
}

test('matrix: every action on files is asked for by some row, and of every action somewhere the only one missing', (t) => {
  const ofFiles = allBut('administer', ...NOT_ASKED_FOR);
  const rows = Object.values(FACES).flat();
  for (const action of ofFiles) {
    const decides = rows.some(
      (row) =>
        row.orOneOf === undefined &&
        RIGHTS.some(({ allowed }) => !isAllowed(row, allowed) && isAllowed(row, [...allowed, action])),
    );
    t.true(decides, `nobody notices whether ${action} is asked for`);
  }
});

test('matrix: of every action it is true that something asks for it, or that nothing does', async (t) => {
  const folder = inRepository('src/operations');
  const sources = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'));
  const text = (await Promise.all(sources)).join('');
  t.deepEqual(
    ACTIONS.filter((action) => !text.includes(`'${action}'`)),
    NOT_ASKED_FOR,
  );
});

test('matrix: every command of the shell has its row, or asks nothing of files', (t) => {
  const inRows = new Set(COMMAND_ROWS.map(({ line }) => line.split(' ')[0]));
  for (const { name } of COMMANDS) t.true(inRows.has(name) !== COMMANDS_WITHOUT_FILES.includes(name), name);
});
