// The command line of the bench, and how much work each form of it does.

import type { ServerName } from './servers/server.ts';

export const PART_NAMES = [
  'bulk',
  'small',
  'listing',
  'many',
  'login',
  'idle',
  'distance',
  'growth',
  'client',
] as const;
export type PartName = (typeof PART_NAMES)[number];

const SERVER_NAMES = ['sshome', 'openssh', 'rclone', 'proftpd'] as const satisfies readonly ServerName[];

/** `full` is what is published, `quick` what a developer waits for, `ci` what a change must get through. */
export type Form = 'full' | 'quick' | 'ci';

export interface Sizes {
  readonly rounds: number;
  readonly bulkBytes: number;
  readonly smallFiles: number;
  readonly listings: readonly number[];
  /** Of each of the clients at once. */
  readonly manyBytes: number;
  readonly manyClients: number;
  readonly logins: number;
  readonly idleSessions: readonly number[];
  /** So long the memory must not have fallen. */
  readonly idleQuietMs: number;
  readonly distanceBytes: number;
  readonly clientBytes: number;
  readonly growthSessions: readonly number[];
  readonly growthEntries: readonly number[];
  readonly growthDepths: readonly number[];
  readonly growthHandles: readonly number[];
  /** Operations timed at each point of a growth curve. */
  readonly growthOperations: number;
}

const MIB = 1024 * 1024;

export const SIZES: Readonly<Record<Form, Sizes>> = {
  full: {
    rounds: 5,
    bulkBytes: 1024 * MIB,
    smallFiles: 3000,
    listings: [1000, 10_000, 100_000],
    manyBytes: 64 * MIB,
    manyClients: 16,
    logins: 100,
    idleSessions: [10, 100, 1000],
    idleQuietMs: 25_000,
    distanceBytes: 256 * MIB,
    clientBytes: 1024 * MIB,
    growthSessions: [1, 10, 100, 1000],
    growthEntries: [100, 1000, 10_000, 100_000],
    growthDepths: [1, 10, 100],
    growthHandles: [1, 10, 100],
    growthOperations: 500,
  },
  quick: {
    rounds: 3,
    bulkBytes: 128 * MIB,
    smallFiles: 500,
    listings: [1000, 10_000],
    manyBytes: 8 * MIB,
    manyClients: 16,
    logins: 20,
    idleSessions: [10, 100],
    idleQuietMs: 5_000,
    distanceBytes: 32 * MIB,
    clientBytes: 128 * MIB,
    growthSessions: [1, 10],
    growthEntries: [100, 1000, 10_000],
    growthDepths: [1, 10, 100],
    growthHandles: [1, 10, 100],
    growthOperations: 300,
  },
  ci: {
    rounds: 1,
    bulkBytes: 16 * MIB,
    smallFiles: 50,
    listings: [100, 1000],
    manyBytes: MIB,
    manyClients: 4,
    logins: 4,
    idleSessions: [4],
    idleQuietMs: 1_000,
    distanceBytes: MIB,
    clientBytes: MIB,
    growthSessions: [1, 4],
    growthEntries: [10, 100],
    growthDepths: [1, 10],
    growthHandles: [1, 10],
    growthOperations: 20,
  },
};

export interface Options {
  readonly form: Form;
  readonly parts: readonly PartName[];
  /** Those that are measured, where they are installed. */
  readonly servers: readonly ServerName[];
  /** The folder of the results. */
  readonly out: string | undefined;
}

export const USAGE: string = `npm run bench [-- OPTIONS]
  --only PART,...      of ${PART_NAMES.join(' ')}
  --servers NAME,...   of ${SERVER_NAMES.join(' ')}
  --quick              small sizes, 3 rounds
  --ci                 tiny sizes, one round, sshome and openssh: that everything works, not how fast
  --out FOLDER         where results go: bench/results, or build/bench-results with --quick and --ci`;

/** Reads the words of the command line; throws an error whose message is for whoever typed them. */
export function parseOptions(words: readonly string[]): Options {
  let form: Form = 'full';
  let parts: readonly PartName[] = PART_NAMES;
  let servers: readonly ServerName[] | undefined;
  let out: string | undefined;
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--quick') form = 'quick';
    else if (word === '--ci') form = 'ci';
    else if (word === '--only') parts = namesOf(word, rest.shift(), PART_NAMES);
    else if (word === '--servers') servers = namesOf(word, rest.shift(), SERVER_NAMES);
    else if (word === '--out') out = wordAfter(word, rest.shift());
    else throw new Error(`there is no option ${word}\n${USAGE}`);
  }
  return { form, parts, servers: servers ?? (form === 'ci' ? ['sshome', 'openssh'] : SERVER_NAMES), out };
}

function wordAfter(option: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`${option} wants a value\n${USAGE}`);
  return value;
}

/** In the order of `known`, whatever the order they were typed in. */
function namesOf<Name extends string>(option: string, value: string | undefined, known: readonly Name[]): Name[] {
  const wanted = wordAfter(option, value).split(',');
  const stranger = wanted.find((name) => !known.some((one) => one === name));
  if (stranger !== undefined) throw new Error(`${option}: no ${stranger} among ${known.join(', ')}`);
  return known.filter((name) => wanted.includes(name));
}
