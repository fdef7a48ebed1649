// One matrix: every action, every role, every face. For each row of a face and each place where somebody has some rights,
// what these allow works, and what they don't is refused and changes nothing. The rights stand here once more, as plain
// lists: the test does not ask the policy what to expect.

import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import ssh2 from 'ssh2';
import { connect } from '../../src/client/index.ts';
import { ACTIONS, type Action } from '../../src/model/action.ts';
import { COMMANDS } from '../../src/shell/commands/table.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { type RuledServer, startServer } from '../helpers/server.ts';
import { snapshot } from '../storage/snapshot.ts';
import { CLIENT_ROWS } from './client-rows.ts';
import { CONTENT, type Peer, Refused, type Row } from './row.ts';
import { SCP_ROWS } from './scp-rows.ts';
import { SFTP_ROWS } from './sftp-rows.ts';
import { COMMAND_ROWS, COMMANDS_WITHOUT_FILES, EXEC_ROWS, SHELL_ROWS } from './shell-rows.ts';

const FACES: Readonly<Record<string, readonly Row[]>> = {
  SFTP: SFTP_ROWS,
  exec: EXEC_ROWS,
  shell: SHELL_ROWS,
  scp: SCP_ROWS,
  client: CLIENT_ROWS,
};

/** A user with the role of the same name, and what may be done in a folder of the home. */
interface Place {
  readonly user: string;
  readonly folder: string;
  readonly allowed: readonly Action[];
}

const EVERYTHING = [...ACTIONS];
const allBut = (...actions: Action[]): Action[] => EVERYTHING.filter((action) => !actions.includes(action));

const PLACES: readonly Place[] = [
  { user: 'owner', folder: '/', allowed: allBut('administer') },
  { user: 'admin', folder: '/', allowed: EVERYTHING },
  { user: 'editor', folder: '/', allowed: allBut('create_symlinks', 'chmod', 'chown', 'share', 'administer') },
  { user: 'viewer', folder: '/', allowed: ['list', 'download'] },
  { user: 'dropbox', folder: '/', allowed: ['upload', 'create_dirs', 'chtimes'] },
  { user: 'nothing', folder: '/', allowed: [] },
  { user: 'mixed', folder: '/', allowed: ['list', 'download'] },
  {
    user: 'mixed',
    folder: '/in/mixed',
    allowed: ['list', 'upload', 'create_dirs', 'rename_files', 'create_symlinks', 'copy', 'delete_dirs'],
  },
  {
    user: 'mixed',
    folder: '/in/mixed/box',
    allowed: ['upload', 'overwrite', 'rename_dirs', 'delete_files', 'chmod', 'chown'],
  },
  { user: 'mixed', folder: '/in/other', allowed: ['list', 'chtimes', 'overwrite', 'rename_files', 'delete_files'] },
];

const RULES = `
roles:
  nothing: {}
  mixed:
    rules:
      - { path: /, allow: [list, download] }
      - { path: /in, deny: [download] }
      - { path: '/in/{user}', allow: [upload, create_dirs, rename_files, create_symlinks, copy, delete_dirs] }
      - path: '/in/*/b?x'
        allow: [overwrite, rename_dirs, delete_files, chmod, chown]
        deny: [list, create_dirs, rename_files, create_symlinks, copy, delete_dirs]
      - { path: '/in/o*', allow: [chtimes, overwrite, rename_files, delete_files] }
users:
${[...new Set(PLACES.map(({ user }) => user))].map((user) => `  ${user}: { roles: [${user}] }`).join('\n')}
`;

const PASSWORD = 'correct horse';

let server: RuledServer;
const peers = new Map<string, Promise<Peer>>();
const cleanUp: Array<() => unknown> = [];
let spots = 0;

test.before(async () => {
  const t = { teardown: (end: () => unknown) => cleanUp.push(end) } as unknown as ExecutionContext;
  const folder = await temporaryFolder(t);
  const credentials = join(folder, 'id_passwd.txt');
  const users = new Set(PLACES.map(({ user }) => user));
  await writeFile(credentials, [...users].map((user) => `${user}:${PASSWORD}\n`).join(''), { mode: 0o600 });
  server = await startServer(t, { credentials, 'log-level': 'error', 'max-channels': '100' }, RULES);
});

test.after.always(async () => {
  for (const end of cleanUp.reverse()) await end();
});

/** Logs in once for each user, by each way. */
function peerOf(user: string): Promise<Peer> {
  const known = peers.get(user);
  if (known !== undefined) return known;
  const connecting = logIn(user);
  peers.set(user, connecting);
  return connecting;
}

async function logIn(user: string): Promise<Peer> {
  const { host, port } = server;
  const ssh = new ssh2.Client();
  cleanUp.push(() => ssh.end());
  await new Promise<void>((resolve, reject) => {
    ssh.once('ready', () => resolve()).once('error', reject);
    ssh.connect({ host, port, username: user, password: PASSWORD });
  });
  const sftp = await new Promise<Peer['sftp']>((resolve, reject) => {
    ssh.sftp((error, wrapper) => (error ? reject(error) : resolve(wrapper)));
  });
  const client = await connect({ host, port, user, password: PASSWORD, verifyHost: () => true });
  cleanUp.push(() => client.quit());
  return { user, ssh, sftp, client };
}

/** A new folder for one row, with what the rows work on. */
async function makeSpot({ user, folder }: Place): Promise<{ path: string; host: string }> {
  spots += 1;
  const path = join(folder, String(spots));
  const host = join(server.homes, user, path);
  await mkdir(join(host, 'folder'), { recursive: true });
  await mkdir(join(host, 'empty'));
  for (const name of ['file', 'folder/inner']) await writeFile(join(host, name), CONTENT);
  await writeFile(join(host, 'other'), 'other');
  await symlink('file', join(host, 'link'));
  return { path, host };
}

async function check(t: ExecutionContext, place: Place, row: Row): Promise<void> {
  const label = `${row.title} by ${place.user} in ${place.folder}`;
  const { path, host } = await makeSpot(place);
  const before = await snapshot(host);
  const spot = { at: (name: string) => (name === '' ? path : `${path}/${name}`), host };
  let answer: string | undefined;
  try {
    answer = await row.run(await peerOf(place.user), spot);
  } catch (error) {
    if (!(error instanceof Refused)) throw new Error(`${label}: ${error}`, { cause: error });
  }
  const isAllowed =
    row.needs.every((action) => place.allowed.includes(action)) ||
    (row.orOneOf ?? []).some((action) => place.allowed.includes(action));
  t.is(answer !== undefined, isAllowed, `${label}: ${isAllowed ? 'was refused' : 'worked'}`);
  if (isAllowed) {
    t.true(answer?.includes(row.answer ?? ''), `${label}: answered ${answer}`);
    if (row.isDone !== undefined) t.true(await row.isDone(host), `${label}: was not done`);
  }
  if (isAllowed ? row.isDone === undefined : row.hasParts !== true) {
    t.deepEqual(await snapshot(host), before, `${label}: changed something`);
  }
}

for (const [face, rows] of Object.entries(FACES)) {
  for (const place of PLACES) {
    test(`matrix: ${face}: ${place.user} in ${place.folder}: what is allowed works, what is not changes nothing`, async (t) => {
      t.timeout(120_000);
      for (const row of rows) await check(t, place, row);
    });
  }
}

test('matrix: every action on files is asked for by some row, and of every action somewhere the only one missing', (t) => {
  const ofFiles = allBut('share', 'administer');
  const rows = Object.values(FACES).flat();
  for (const action of ofFiles) {
    const decides = rows.some(
      ({ needs, orOneOf }) =>
        orOneOf === undefined &&
        needs.includes(action) &&
        PLACES.some(
          ({ allowed }) =>
            !allowed.includes(action) && needs.every((other) => other === action || allowed.includes(other)),
        ),
    );
    t.true(decides, `nobody notices whether ${action} is asked for`);
  }
});

test('matrix: every command of the shell has its row, or asks nothing of files', (t) => {
  const inRows = new Set(COMMAND_ROWS.map(({ line }) => line.split(' ')[0]));
  for (const { name } of COMMANDS) t.true(inRows.has(name) !== COMMANDS_WITHOUT_FILES.includes(name), name);
});
