// A whole server with rules in its sshome.yaml, and the three ways to administer it: the command line as a process, the
// shell over SSH, and the library. Each takes the same calls and answers in the same form.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text as readText } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import type { Client } from 'ssh2';
import yargs from 'yargs';
import { administrationCommands } from '../../src/cli/commands/administration.ts';
import type { ProgramIo } from '../../src/cli/program-io.ts';
import { loadConfig } from '../../src/config/load.ts';
import { AdministrationError, type Row, type VerbCall, VerbUsageError } from '../../src/model/administration.ts';
import { FileError } from '../../src/model/error.ts';
import { type SshomeServer, startServer } from '../../src/server.ts';
import { quoteWord } from '../../src/shell/parse.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { PASSWORDS } from '../helpers/server.ts';
import { login, run } from '../helpers/ssh-client.ts';

export interface AdministeredServer {
  readonly server: SshomeServer;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly credentials: string;
  readonly config: string;
  readonly logFile: string;
  /** The audit records so far. */
  records(): Promise<Array<Record<string, unknown>>>;
}

/** alice administers; bob and mallory do not. */
export const RULES = `# who may what
users:
  alice: {roles: [owner, admin]}   # the boss
`;

/** Starts a server with this sshome.yaml; `settings` are flags. */
export async function startAdministered(
  t: Pick<ExecutionContext, 'teardown'>,
  { rules = RULES, settings = {} }: { rules?: string; settings?: Readonly<Record<string, string>> } = {},
): Promise<AdministeredServer> {
  const folder = await temporaryFolder(t);
  const credentials = join(folder, 'id_passwd.txt');
  const config = join(folder, 'sshome.yaml');
  const logFile = join(folder, 'log.jsonl');
  const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${password}\n`);
  await writeFile(credentials, lines.join(''), { mode: 0o600 });
  await writeFile(config, rules, { mode: 0o600 });
  await mkdir(join(folder, 'homes'));
  const loaded = await loadConfig({
    flags: {
      port: '0',
      credentials,
      homes: join(folder, 'homes'),
      keys: inRepository('build/test-host-keys'),
      state: join(folder, 'state'),
      'log-file': logFile,
      grace: '0',
      ...settings,
    },
    environment: {},
    file: config,
  });
  const server = await startServer(loaded, { quiet: true });
  t.teardown(() => server.stop());
  return {
    server,
    host: server.host,
    port: server.port,
    folder,
    credentials,
    config,
    logFile,
    records: async () => {
      const text = await readFile(logFile, 'utf8');
      const all = text.split('\n').filter((line) => line !== '');
      return all.map((line) => JSON.parse(line) as Record<string, unknown>).filter((record) => 'event' in record);
    },
  };
}

/** A call of a verb, in the form of the library. */
export interface Call {
  readonly verb: string;
  readonly operands?: readonly string[];
  readonly options?: Readonly<Record<string, string | true>>;
  /** The password that is given when it is asked for. */
  readonly password?: string;
  /** The same for a public key. */
  readonly key?: string;
}

/** What came of it. Faces word errors for people in their own frame; the sentence itself is the same. */
export interface Answer {
  readonly status: 0 | 1 | 2;
  readonly rows: readonly Row[];
  readonly lines: readonly string[];
  readonly error: string;
}

export type FaceName = 'cli' | 'exec' | 'library';

/** Runs calls by one way. */
export type RunCall = (call: Call) => Promise<Answer>;

export async function openFace(t: ExecutionContext, target: AdministeredServer, face: FaceName): Promise<RunCall> {
  switch (face) {
    case 'cli':
      return (call) => runOnCommandLine(target, call);
    case 'exec': {
      const client = await login(t, target, 'alice');
      return (call) => runOverSsh(client, call);
    }
    case 'library':
      return (call) => runInLibrary(target.server, call);
    default:
      return face satisfies never;
  }
}

/** The words of a call after the program's name. */
function wordsOf({ verb, operands = [], options = {}, password }: Call): string[] {
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, value],
  );
  return [...verb.split(' '), ...operands, ...given, ...(password === undefined ? [] : ['--password-stdin'])];
}

/** In this process: starting one for each call would take minutes. test/cli/ has those that do. */
async function runOnCommandLine(target: AdministeredServer, call: Call): Promise<Answer> {
  const { folder, credentials, config, logFile } = target;
  const places = [
    '--config',
    config,
    '--credentials',
    credentials,
    '--state',
    join(folder, 'state'),
    '--log-file',
    logFile,
  ];
  const key = call.key === undefined ? [] : ['-'];
  const [json, text] = await both(call, async (more) => {
    const output = new PassThrough();
    const errorOutput = new PassThrough();
    let status = 0;
    const io: ProgramIo = {
      input: Readable.from([Buffer.from(`${call.password ?? call.key ?? ''}\n`)]),
      output,
      errorOutput,
      setStatus: (given) => {
        status = given;
      },
    };
    const collected = Promise.all([buffer(output), readText(errorOutput)]);
    const program = yargs([...wordsOf(call), ...key, ...places, ...more])
      .strict()
      .exitProcess(false);
    for (const command of administrationCommands(io)) program.command(command);
    await program.parseAsync();
    output.end();
    errorOutput.end();
    const [stdout, stderr] = await collected;
    return { status, stdout, stderr };
  });
  return answerOf(json, text, (line) => line.replace(/^sshome: /, ''));
}

export async function runOverSsh(client: Client, call: Call): Promise<Answer> {
  const line = (more: readonly string[]): string =>
    [...wordsOf(call), ...more].map((word) => quoteWord(word)).join(' ');
  const [json, text] = await both(call, (more) => run(client, line(more), `${call.password ?? call.key ?? ''}\n`));
  const topic = `${call.verb.split(' ')[0]}: `;
  return answerOf(json, text, (error) => error.replace(new RegExp(`^${topic}`), ''));
}

interface Outcome {
  readonly status: number | null | undefined;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A change can be made once: of it the JSON alone is seen. What only shows is run in both forms. */
async function both(
  { verb }: Call,
  runWith: (more: readonly string[]) => Promise<Outcome>,
): Promise<[Outcome, Outcome | undefined]> {
  const json = await runWith(['--json']);
  const onlyShows = /(?:list|show)$|^audit$/.test(verb);
  return [json, onlyShows ? await runWith([]) : undefined];
}

function answerOf(json: Outcome, text: Outcome | undefined, unframed: (line: string) => string): Answer {
  const linesIn = (output: string): string[] => output.split(/\r?\n/).filter((line) => line !== '');
  const { status } = json;
  if (status !== 0 && status !== 1 && status !== 2) throw new Error(`ended with ${status}: ${json.stderr}`);
  return {
    status,
    rows: linesIn(json.stdout.toString('utf8')).map((line) => JSON.parse(line) as Row),
    lines: text === undefined ? [] : linesIn(text.stdout.toString('utf8')),
    error: linesIn(json.stderr).map(unframed).join('\n'),
  };
}

async function runInLibrary({ administration }: SshomeServer, call: Call): Promise<Answer> {
  const { verb, operands = [], options = {}, password, key } = call;
  const verbCall: VerbCall = {
    operands,
    options,
    ...(password === undefined
      ? {}
      : {
          password: async ({ check }) => {
            await check(password);
            return password;
          },
        }),
    ...(key === undefined ? {} : { publicKey: async () => key }),
  };
  try {
    const { rows, remarks } = await administration.run(verb, verbCall);
    const shown = JSON.parse(JSON.stringify(await all(rows))) as Row[];
    const onlyShows = /(?:list|show)$|^audit$/.test(verb);
    const lines = onlyShows ? await all((await administration.run(verb, verbCall)).lines) : [];
    const nonEmpty = lines.map((line) => line.replace(/\r$/, '')).filter((line) => line !== '');
    return { status: 0, rows: shown, lines: nonEmpty, error: remarks.join('\n') };
  } catch (error) {
    if (!(error instanceof AdministrationError || error instanceof FileError)) throw error;
    return { status: error instanceof VerbUsageError ? 2 : 1, rows: [], lines: [], error: error.message };
  }
}

async function all<Item>(items: Iterable<Item> | AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
