// Midnight Commander, whose SFTP file system is libssh2. It has no batch: its keys are pressed in a terminal (tmux), and
// what they lead to is awaited on the screen and on the disk.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';
import { until } from '../helpers/until.ts';
import { checksOf } from './client-tests.ts';
import { readTree, type Tree, writeTree } from './content.ts';
import type { Client, Login, Target } from './driver.ts';
import { mustRun, versionLine } from './must-run.ts';
import { ODD_KINDS, ODD_NAMES } from './odd-names.ts';
import { setStage } from './stage.ts';

const client: Client = {
  name: 'Midnight Commander',
  programs: { mc: 'mc', tmux: 'tmux', 'ssh-agent': 'openssh-client' },
  version: (t) => versionLine(t, 'mc', ['--version']),
};

/** All kinds of names, at the end of a path with spaces. */
const TREE: Tree = {
  ...Object.fromEntries(ODD_KINDS.map((kind) => [`od d/${ODD_NAMES[kind]}`, kind])),
  'empty file': '',
  'deep/er/file': 'at the end'.repeat(20_000),
  'empty folder/': '',
};

const check = checksOf(client);

for (const method of ['password', 'key'] as const) {
  check(`logs in by ${method}, and shows a folder`, async (t) => {
    const { disk, start } = await prepared(t, method);
    await writeTree(disk, { 'seen.txt': 'content', 'folder/': '' });
    const mc = await start();
    await mc.shows('seen.txt');
    await mc.shows('/folder');
    return undefined;
  });
}

check('copies a tree with odd names up', async (t) => {
  const { local, disk, start } = await prepared(t);
  await writeTree(join(local, 'tree'), TREE);
  await chmod(join(local, 'tree/empty file'), 0o640);
  const mc = await start();
  await mc.press('Tab', 'Down', 'F5');
  await mc.shows('Copy directory');
  await mc.press('Enter');
  await becomesLike(join(disk, 'tree'), join(local, 'tree'));
  await mc.shows('/tree', 2);
  t.is((await stat(join(disk, 'tree/empty file'))).mode & 0o777, 0o640);
  return undefined;
});

check('copies a tree with odd names down', async (t) => {
  const { local, disk, start } = await prepared(t);
  await writeTree(join(disk, 'tree'), TREE);
  const mc = await start();
  await mc.press('Down', 'F5');
  await mc.shows('Copy directory');
  await mc.press('Enter');
  await becomesLike(join(local, 'tree'), join(disk, 'tree'));
  await mc.shows('/tree', 2);
  t.deepEqual(await readTree(join(local, 'tree')), await readTree(join(disk, 'tree')));
  return undefined;
});

check('makes a folder, renames, links and deletes', async (t) => {
  const { disk, start } = await prepared(t);
  await writeTree(disk, { 'tree/in/file': 'content', zoo: 'last' });
  const mc = await start();
  await mc.press('F7');
  await mc.shows('Create a new Directory');
  await mc.type('new folder');
  await mc.press('Enter');
  await mc.shows('/new folder');
  t.true((await stat(join(disk, 'new folder'))).isDirectory());

  await mc.press('Home', 'Down', 'Down', 'F8');
  await mc.shows('Delete directory');
  await mc.press('Enter');
  await mc.shows('Directory .*not empty');
  // The third button: all.
  await mc.press('Right', 'Right', 'Enter');
  await until(async () => !(await readdir(disk)).includes('tree'));

  await mc.press('End', 'F6');
  await mc.shows('Move file');
  await mc.press('C-a', 'C-k');
  await mc.type('renamed');
  await mc.press('Enter');
  await until(async () => (await readdir(disk)).includes('renamed'));

  await mc.shows('renamed');
  await mc.press('End', 'C-x', 's');
  await mc.shows('Symbolic link');
  await mc.press('C-a', 'C-k');
  await mc.type('renamed');
  await mc.press('Tab', 'C-a', 'C-k');
  await mc.type('link');
  await mc.press('Enter');
  await until(async () => (await readdir(disk)).includes('link'));
  t.true((await lstat(join(disk, 'link'))).isSymbolicLink());
  t.is(await readlink(join(disk, 'link')), 'renamed');
  return undefined;
});

check('shows and edits a file', async (t) => {
  const { disk, start } = await prepared(t);
  await writeFile(join(disk, 'notes'), 'first line\n');
  const mc = await start();
  await mc.press('Down', 'F3');
  await mc.shows('first line');
  await mc.press('F10', 'F4');
  await mc.shows('first line');
  await mc.type('written ');
  await mc.press('F2');
  await mc.shows('Confirm save file');
  await mc.press('Enter');
  await until(async () => (await readFile(join(disk, 'notes'), 'utf8')) === 'written first line\n');
  t.deepEqual(await readdir(disk), ['notes']);
  return undefined;
});

/** Resolves when the copy of a tree is whole; the copy begins some time after the key for it. */
async function becomesLike(copy: string, original: string): Promise<void> {
  const whole = await readTree(original);
  await until(async () => {
    const tree = await readTree(copy).catch(ifMissing);
    return isDeepStrictEqual(tree, whole);
  });
}

function ifMissing(error: NodeJS.ErrnoException): Tree {
  if (error.code === 'ENOENT') return {};
  throw error;
}

interface Commander {
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Resolves when the screen shows a regular expression, in `times` places. */
  shows(expression: string, times?: number): Promise<void>;
}

interface Prepared {
  readonly local: string;
  readonly disk: string;
  /** Starts it with the server's folder on the left, which hears the keys, and the local one on the right. */
  start(): Promise<Commander>;
}

async function prepared(t: ExecutionContext, method: Login['method'] = 'key'): Promise<Prepared> {
  // Before 1.11 (Debian 12 has 1.10) libssh2 knows no MAC of the modern profile.
  const stage = await setStage(t, { profile: 'compatible' });
  const target = await stage.target(method);
  const [local, disk] = [join(target.local, 'files'), join(stage.home, 'a folder')];
  await mkdir(local);
  await mkdir(disk);
  return { local, disk, start: () => startCommander(t, target, local) };
}

async function startCommander(t: ExecutionContext, target: Target, files: string): Promise<Commander> {
  const { server, login, local, knownHosts } = target;
  const [socket, agent] = [join(local, 'tmux'), join(local, 'agent')];
  if (login.method === 'key') await startAgent(t, login.privateKeyFile, agent);
  const tmux = (...words: readonly string[]): Promise<Buffer> =>
    mustRun(t, 'tmux', ['-S', socket, '-f', '/dev/null', ...words]);
  t.teardown(() => spawnSync('tmux', ['-S', socket, 'kill-server']));
  // libssh2 asks for the kind of key that stands first for a host, and of RSA it knows SHA-1 alone.
  const known = (await readFile(knownHosts, 'utf8')).split('\n').filter((line) => line.includes('ssh-ed25519'));
  await mkdir(join(local, '.ssh'));
  await mkdir(join(local, '.config/mc'), { recursive: true });
  await writeFile(join(local, '.config/mc/ini'), '[Midnight-Commander]\nuse_internal_edit=true\n');
  await writeFile(join(local, '.ssh/known_hosts'), `${known.join('\n')}\n`);
  const remote = `sftp://alice@${server.host}:${server.port}/a folder`;
  const environment = [
    'TERM=screen',
    'LC_ALL=C.UTF-8',
    `HOME=${local}`,
    `SSH_AUTH_SOCK=${login.method === 'key' ? agent : ''}`,
  ];
  const mc = ['mc', '--nosubshell', '--nomouse', '--stickchars', '--nocolor', remote, files];
  await tmux('new-session', '-d', '-x', '120', '-y', '45', '-c', local, 'env', ...environment, ...mc);
  const screen = async (): Promise<string> => (await tmux('capture-pane', '-p')).toString('utf8');
  const commander: Commander = {
    press: (...keys) => tmux('send-keys', ...keys).then(() => {}),
    type: (text) => tmux('send-keys', '-l', text).then(() => {}),
    shows: async (expression, times = 1) => {
      let last = '';
      await until(async () => {
        last = await screen();
        return (last.match(new RegExp(expression, 'g'))?.length ?? 0) >= times;
      }).catch(() => {
        throw new Error(`${expression} did not come up:\n${last}`);
      });
    },
  };
  if (login.method === 'password') {
    await commander.shows('Enter password for alice');
    await commander.type(login.password);
    await commander.press('Enter');
  }
  await commander.shows('sftp://alice');
  await commander.shows('10Quit');
  return commander;
}

/** An agent that holds the key: mc looks for key files in the home of the account that runs it, wherever HOME is. */
async function startAgent(t: ExecutionContext, key: string, socket: string): Promise<void> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => agent.kill());
  // It tells where it listens once it does.
  await once(agent.stdout, 'data');
  await mustRun(t, 'ssh-add', ['-q', key], { environment: { SSH_AUTH_SOCK: socket } });
}
