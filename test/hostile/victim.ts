// The server under attack: a process of its own, so that its memory, its descriptors and its life can be told from the
// attacker's. Linux only, as /proc is.

import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';
import { PASSWORDS, type TestServer } from '../helpers/server.ts';
import { startProcess } from '../helpers/server-process.ts';
import { closed, login, run } from '../helpers/ssh-client.ts';

const MIB = 1024 * 1024;
/** What an attack may cost at its peak. Garbage not collected yet is a good half of it. */
const MAX_GROWTH_MIB = 150;

export interface Victim extends TestServer {
  /** Descriptors of sockets, files and folders; not those that Node itself needs for its threads. */
  descriptors(): Promise<number>;
  /** Standard error so far. */
  errors(): string;
}

/** A server process that has served one honest session already; `settings` are flags. */
export async function startVictim(t: ExecutionContext, settings: Record<string, string> = {}): Promise<Victim> {
  t.timeout(120_000);
  const folder = await temporaryFolder(t);
  const homes = join(folder, 'homes');
  const credentials = join(folder, 'id_passwd.txt');
  const logFile = join(folder, 'log.jsonl');
  const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
  await writeFile(credentials, lines.join(''), { mode: 0o600 });
  const flags = {
    credentials,
    homes,
    state: join(folder, 'state'),
    'log-file': logFile,
    'log-level': 'info',
    grace: '0',
    'max-startups': '1000:30:2000',
    'max-startups-per-source': '1000',
    'connections-per-second': '1000',
    ...settings,
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await startProcess(t, { folder, words });
  const ended = { already: false };
  void server.ended.then(() => {
    ended.already = true;
  });
  const pid = String(server.child.pid);

  const records: Victim['records'] = async () => {
    const text = await readFile(logFile, 'utf8');
    const whole = text.split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const victim: Victim = {
    host: '127.0.0.1',
    port: server.port,
    fingerprints: [],
    folder,
    homes,
    credentials,
    logFile,
    homeOf: async (user) => {
      const home = join(homes, user);
      await mkdir(home, { recursive: true, mode: 0o700 });
      return home;
    },
    records,
    stop: async () => {
      server.child.kill('SIGTERM');
      await server.ended;
    },
    errors: () => server.errors(),
    descriptors: async () => {
      const folder = `/proc/${pid}/fd`;
      // One may be gone by the time it is looked at.
      const targets = await Promise.all(
        (await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => 'pipe:')),
      );
      return targets.filter((target) => !/^(?:pipe|anon_inode):/.test(target)).length;
    },
  };
  await honestSession(t, victim);
  // From here on the peak is the attack's.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  before.set(victim, {
    pid,
    memory: await memoryMib(pid, 'VmRSS'),
    isGone: () => ended.already,
  });
  return victim;
}

interface Before {
  readonly pid: string;
  readonly memory: number;
  readonly isGone: () => boolean;
}

const before = new WeakMap<Victim, Before>();

/** Bob does what people do: writes a file and reads it. */
export async function honestSession(t: ExecutionContext, victim: Victim): Promise<void> {
  const bob = await login(t, victim, 'bob');
  t.is((await run(bob, 'upload honest', 'work')).status, 0, 'an honest upload');
  t.is((await run(bob, 'cat honest')).stdout.toString('utf8'), 'work', 'an honest download');
  const gone = closed(bob);
  bob.end();
  await gone;
}

/**
 * What every attack must leave: the same process, at its peak not much larger than before, with nothing in its log that
 * nobody foresaw, and an honest user who is served.
 */
export async function survives(
  t: ExecutionContext,
  victim: Victim,
  maxGrowthMib: number = MAX_GROWTH_MIB,
): Promise<void> {
  const then = before.get(victim);
  if (then === undefined) throw new Error('startVictim made no such server');
  t.false(then.isGone(), victim.errors());
  await honestSession(t, victim);
  const grownMib = (await memoryMib(then.pid, 'VmHWM')) - then.memory;
  t.true(grownMib < maxGrowthMib, `grew by ${Math.round(grownMib)} MiB`);
  const unforeseen = (await victim.records()).filter(({ message }) => String(message).startsWith('internal error'));
  t.deepEqual(unforeseen, []);
}

async function memoryMib(pid: string, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / MIB;
}
