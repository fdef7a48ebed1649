// The page docs/conformance.md, made of recorded results. Only words here.

import type { Outcome, Result, SuiteCount, SuiteResult } from './results.ts';

export interface Recorded {
  readonly results: readonly Result[];
  readonly suites: readonly SuiteResult[];
  /** When and on what it was run: "2026-01-31, Node 20.20.2, linux x64". */
  readonly run: string;
}

/** The columns of the matrix: their titles, and the checks of the matrix that each sums up. */
const COLUMNS: ReadonlyArray<readonly [string, RegExp]> = [
  ['log in: password, key', /^logs in by (password|key)$/],
  ['list, errors', /^(lists an empty folder|tells that a file is missing|meets no unexpected error)/],
  ['0 B to 5 MB', /^uploads and downloads (0 B|1 B|32 KiB.*|5 MB)$/],
  ['300 MB', /^uploads and downloads 300 MB$/],
  ['1.2 GB, new keys every 1 MiB', /with new keys after every 1 MiB$/],
  ['overwrite', /^overwrites a longer file/],
  ['resume up, down', /^goes on with (an upload|a download) that broke off$/],
  ['times up, down', /^keeps the time of /],
  ['permissions up, down', /^keeps the permissions of /],
  ['trees up, down, delete', /^(uploads|downloads|deletes) a tree with odd names$/],
  ['odd names: list, by path', /^(lists odd names as they are|uploads, downloads and deletes by odd names)$/],
  ['make folder', /^makes a folder$/],
  ['rename', /^renames a file$/],
  ['rename over', /^renames over a file$/],
  ['chmod', /^changes permissions$/],
  ['link', /^makes a symbolic link, and reads through it$/],
  ['delete', /^deletes a file$/],
];

/** One row for each kind of odd name that a client is unable to carry; told in words, not in the matrix. */
const NAME_LIMIT = /^(carries|lists|takes) a name with /;

/** The whole page. */
export function conformancePage({ results, suites, run }: Recorded): string {
  const clients = groupBy(results, ({ client }) => client);
  const parts = [
    '# Conformance',
    'What real clients do with sshome, as the clients themselves show it. `npm run test:clients -- --full` drives the\n' +
      'programs below and writes this page; it is not edited by hand. The tests are in `test/clients/`.',
    `Last run: ${run}.`,
    ...overview(clients),
    ...matrix(clients),
    ...further(clients),
    ...limits(clients),
    ...suiteTable(suites),
  ];
  return `${parts.join('\n\n')}\n`;
}

type Clients = ReadonlyMap<string, readonly Result[]>;

function overview(clients: Clients): string[] {
  const rows = [...clients].map(([client, results]) => {
    const version = results.find((result) => result.version !== '')?.version ?? 'not on the machine of this run';
    return [client, version, count(results, 'works'), count(results, 'unable'), count(results, 'fails')];
  });
  return [
    '## Clients',
    '*Unable* is what a client can not do against any server; the reasons stand below.',
    table(['client', 'version', 'checks that work', 'unable', 'fail'], rows),
  ];
}

function matrix(clients: Clients): string[] {
  const rows = [...clients]
    .map(([client, results]) => [client, ...COLUMNS.map(([, checks]) => cell(results, checks))])
    .filter(([, ...cells]) => cells.some((text) => text !== ''));
  return [
    '## The matrix',
    'Every client goes through the same checks, each with checksums. `yes`: all of them work. `1/2`: one of two, the\n' +
      'client has not got the other. `-`: the client has no such thing. `FAIL`: it should work, and does not.',
    table(['client', ...COLUMNS.map(([title]) => title)], rows),
  ];
}

function cell(results: readonly Result[], checks: RegExp): string {
  const those = results.filter(({ check, outcome }) => checks.test(check) && outcome !== 'missing');
  if (those.length === 0) return '';
  const works = count(those, 'works');
  if (count(those, 'fails') > 0) return 'FAIL';
  if (works === those.length) return 'yes';
  return works === 0 ? '-' : `${works}/${those.length}`;
}

function further(clients: Clients): string[] {
  const lists = [...clients].map(([client, results]) => {
    const own = results.filter(({ check, outcome }) => !isOfMatrix(check) && outcome !== 'missing');
    const lines = own.map(({ check, outcome }) => `- ${check}${outcome === 'works' ? '' : ` (${outcome})`}`);
    return lines.length === 0 ? '' : `**${client}**\n\n${lines.join('\n')}`;
  });
  return ['## What else each of them was seen to do', ...lists.filter((list) => list !== '')];
}

function limits(clients: Clients): string[] {
  const lists = [...clients].map(([client, results]) => {
    const lines = results
      .filter(({ outcome }) => outcome !== 'works')
      .map(
        ({ check, outcome, note }) =>
          `- ${outcome === 'unable' ? '' : `${outcome.toUpperCase()}: `}${check}: ${inLine(note)}`,
      );
    return lines.length === 0 ? '' : `**${client}**\n\n${lines.join('\n')}`;
  });
  return ['## What clients are unable to do', ...lists.filter((list) => list !== '')];
}

function suiteTable(suites: readonly SuiteResult[]): string[] {
  if (suites.length === 0) return [];
  const rows = suites.map(({ suite, version, sshome, openssh, note }) => [
    suite,
    version,
    counts(sshome),
    counts(openssh),
    inLine(note),
  ]);
  return [
    '## Tests written by others',
    'Suites that others wrote for SFTP servers, unmodified but for the address, against sshome and against the sshd of\n' +
      'OpenSSH on the same machine. Most are run from checkouts, which the run is told of as\n' +
      '[their page](../test/clients/foreign-suites/README.md) says; without these it writes no row for them.',
    table(['suite', 'version', 'sshome', 'OpenSSH', 'note'], rows),
  ];
}

function counts({ passed, failed, skipped }: SuiteCount): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

function isOfMatrix(check: string): boolean {
  return NAME_LIMIT.test(check) || COLUMNS.some(([, checks]) => checks.test(check));
}

function count(results: readonly Result[], wanted: Outcome): number {
  return results.filter(({ outcome }) => outcome === wanted).length;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function table(heads: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((text) => inLine(String(text)).replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** The first line of a note, which may be a program's whole complaint. */
function inLine(note = ''): string {
  return (note.split('\n')[0] ?? '').trim();
}
