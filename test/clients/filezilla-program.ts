// FileZilla itself on a screen that nobody sees: its settings and its one site, its log, and the gestures of a person who
// sits in front of it. All that can be done with keys is done with keys.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository } from '../helpers/folder.ts';
import { until } from '../helpers/until.ts';
import { type Tree, writeTree } from './content.ts';
import type { Lifetime, Target } from './driver.ts';
import { type Screen, startScreen, type Window } from './filezilla-screen.ts';

/**
 * The log goes to a file, and nothing is on the window but the lists, half of it local, half of it remote, and above them
 * the fields to connect, which have the focus at first and take stray keys without harm.
 */
const SETTINGS = {
  'Greeting version': '99.0.0',
  'Update Check': '0',
  'Show Tree Local': '0',
  'Show Tree Remote': '0',
  'Show message log': '0',
  'Show queue': '0',
  'Preserve timestamps': '1',
  // What exists is gone on with.
  'File exists action upload': '5',
  'File exists action download': '5',
} as const;

/** Places in the lower part of either list, empty while the lists are short: a click there selects nothing. */
const LOCAL = [0.25, 0.8] as const;
const REMOTE = [0.75, 0.8] as const;

/**
 * A gesture is repeated until it shows: wxWidgets gives the focus back late to what had it before a dialog, and FileZilla
 * passes over what comes while it is busy.
 */
const GESTURE_TRIES = 5;
const GESTURE_MS = 4000;

const LOGON_TYPES = { ask: 2, interactive: 3, key: 5 } as const;

/** A second one, for transfers, would ask for a second code. */
const ONE_CONNECTION = '<MaximumMultipleConnections>1</MaximumMultipleConnections>';

/** Resolves when a gesture has had its effect, and fails when it has not within the time. */
export type Shows<Result> = (limitMs: number) => Promise<Result>;

export interface FileZilla {
  /** The folder that the local list shows. */
  readonly local: string;
  readonly screen: Screen;
  /** Where fzsftp keeps the host keys it trusts. */
  readonly trusted: string;
  /** Resolves when so many lines that match have been logged since `mark`. */
  logged(line: RegExp, times?: number, limitMs?: number): Promise<void>;
  /** From here on `logged` counts. */
  mark(): Promise<void>;
  /** Uploads all that the local list holds. Resolves when it has begun. */
  upload(): Promise<void>;
  /** Reads the remote list anew. */
  refresh(): Promise<void>;
  /** Selects all in the remote list, and chooses from its menu with these keys, until it `shows`. */
  choose<Result>(keys: readonly string[], shows: Shows<Result>): Promise<Result>;
  /** Resolves when the condition holds; when it does not come to that, the log is told. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
}

/**
 * Starts FileZilla on the local folder of `localTree`, and it connects at once; the dialogs of a first connection are the
 * caller's. It shows `remoteFolder`, the home unless told.
 */
export async function startFileZilla(
  t: Lifetime,
  { server, login, local: folder }: Target,
  localTree: Tree = {},
  logon: keyof typeof LOGON_TYPES = login.method === 'key' ? 'key' : 'ask',
  remoteFolder: readonly string[] = [],
): Promise<FileZilla> {
  const home = join(folder, 'home');
  const local = await quietFolder(t);
  await writeTree(local, localTree);
  const [settings, trusted, log] = [join(home, '.config/filezilla'), join(home, 'putty'), join(home, 'log')];
  for (const made of [settings, trusted]) await mkdir(made, { recursive: true });
  await writeFile(join(settings, 'filezilla.xml'), settingsFile({ ...SETTINGS, 'Logging file': log }));
  await writeFile(
    join(settings, 'sitemanager.xml'),
    xmlFile(`<Servers><Server><Host>${server.host}</Host><Port>${server.port}</Port><Protocol>1</Protocol><Type>0</Type>
<User>alice</User><Logontype>${LOGON_TYPES[logon]}</Logontype>
${login.method === 'key' ? `<Keyfile>${login.privateKeyFile}</Keyfile>` : ''}
${logon === 'interactive' ? ONE_CONNECTION : ''}
${remoteFolder.length === 0 ? '' : `<RemoteDir>1 0 ${remoteFolder.map((name) => `${name.length} ${name}`).join(' ')}</RemoteDir>`}
<EncodingType>Auto</EncodingType><Name>sshome</Name>sshome</Server></Servers>`),
  );
  await writeFile(log, '');

  const screen = await startScreen(t);
  const child = spawn('filezilla', [`--local=${local}`, '--site=0/sshome'], {
    env: environmentOf(home, trusted, screen),
    stdio: 'ignore',
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  });

  let marked = 0;
  const recent = async (): Promise<string[]> => (await readFile(log, 'utf8')).slice(marked).split('\n');
  const patiently = async (condition: () => boolean | Promise<boolean>, limitMs?: number): Promise<void> => {
    try {
      await until(condition, limitMs);
    } catch (error) {
      const seen = [...(await screen.titles()).map((title) => `window: ${title}`), ...(await recent())];
      throw new Error(`${error instanceof Error ? error.message : error}\n${seen.join('\n')}`);
    }
  };
  const logged = (line: RegExp, times = 1, limitMs?: number): Promise<void> =>
    patiently(async () => (await recent()).filter((said) => line.test(said)).length >= times, limitMs);
  const mark = async (): Promise<void> => {
    marked = (await readFile(log, 'utf8')).length;
  };
  const main = (): Promise<Window> => screen.window('FileZilla$');
  // By the mouse: then it is the menu of the remote list for sure, and nothing local can be deleted by a stray key.
  const remoteMenu = async (first: readonly string[], keys: readonly string[]): Promise<void> => {
    await (await main()).actAt(...REMOTE, ...first, 'click', '3');
    // A menu is a window without a title of its own.
    await screen.window('^filezilla$');
    await screen.press(...keys);
  };

  return {
    local,
    screen,
    trusted,
    logged,
    mark,
    until: patiently,
    upload: () =>
      repeatedly(
        async () => (await main()).actAt(...LOCAL, 'key', 'ctrl+a', 'alt+Down'),
        (limitMs) => logged(/Starting upload/, 1, limitMs),
      ),
    refresh: () =>
      repeatedly(
        async () => {
          await mark();
          await remoteMenu([], ['f']);
        },
        (limitMs) => logged(/Directory listing of "\/" successful/, 1, limitMs),
      ),
    choose: (keys, shows) => repeatedly(() => remoteMenu(['key', 'ctrl+a'], keys), shows),
  };
}

/**
 * A folder among whose neighbours, and theirs, none goes away: when FileZilla notices such a thing, the folder it shows can
 * become another one. So it is not in the folder for temporary files.
 */
async function quietFolder(t: Lifetime): Promise<string> {
  const parent = inRepository('build/filezilla');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'local-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function repeatedly<Result>(gesture: () => Promise<void>, shows: Shows<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    await gesture();
    try {
      return await shows(GESTURE_MS);
    } catch (error) {
      if (tries === GESTURE_TRIES) throw error;
    }
  }
}

/** Nothing of the desktop or the user who runs the tests. */
function environmentOf(home: string, trusted: string, { display }: Screen): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    LC_ALL: 'C.UTF-8',
    DISPLAY: display,
    PUTTYDIR: trusted,
    // No bus, on which GTK would look for aids and settings.
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    NO_AT_BRIDGE: '1',
    GSETTINGS_BACKEND: 'memory',
  };
}

function settingsFile(settings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(settings).map(([name, value]) => `<Setting name="${name}">${value}</Setting>`);
  return xmlFile(`<Settings>${rows.join('\n')}</Settings>`);
}

function xmlFile(content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<FileZilla3>${content}</FileZilla3>\n`;
}
