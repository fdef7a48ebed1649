// The mocha suite of ssh2-sftp-client, the client below ours. It is written for its author's machine: his name, the folder
// "testServer" in his home, and data that lies there alone. Here are such a machine and such data.

import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../helpers/folder.ts';
import { hasProgram, runProgram } from '../../helpers/program.ts';
import { checkoutOf } from './checkout.ts';
import { compare, type Verdict, type Verdicts } from './compare.ts';
import { mayBeRoot, type Place, startUserMachine, USER_MACHINE_PROGRAMS, type UserMachine } from './user-machine.ts';

const PROJECT = 'ssh2-sftp-client';
const MOCHA = 'node_modules/mocha/bin/mocha.js';

const FROM_THE_ROOT =
  'the client puts a slash between the folder it begins in and the path; here that folder is "/", and it says "//"';
const OWN_ROOT = 'it expects to have no right to make /foo; here "/" is the home of the user';
const MKDIR = ')06mkdir: mkdir() method tests';
const DIFFERENCES: Readonly<Record<string, string>> = {
  [`${MKDIR} Relative directory name creates dir`]: FROM_THE_ROOT,
  [`${MKDIR} Relative directory with sub dir creation`]: FROM_THE_ROOT,
  [`${MKDIR} Relative dir name created with recursive flag`]: FROM_THE_ROOT,
  [`${MKDIR} relative dir and sub dir created with recursive flag`]: FROM_THE_ROOT,
  [`${MKDIR} non-recursive mkdir without permission is rejeted`]: OWN_ROOT,
  [`${MKDIR} recursive mkdir without permission is rejeted`]: OWN_ROOT,
  '14rename: rename() method tests rename to existing file name is rejected':
    'it expects the words "Failure", where sshome says "File exists"; the status code is the same',
};

test('ssh2-sftp-client: what passes with OpenSSH passes with sshome', async (t) => {
  t.timeout(1_800_000);
  const checkout = await checkoutOf(t, PROJECT, USER_MACHINE_PROGRAMS);
  if (checkout === undefined || !mayBeRoot(t)) return;
  if (!(await hasProgram(join(checkout.folder, MOCHA)))) {
    t.fail(`run "npm install --ignore-scripts" in ${checkout.folder}`);
    return;
  }
  const machine = await startUserMachine(t);
  const before = await machine.records();
  const openssh = await runSuite(t, checkout.folder, machine, machine.openssh);
  const sshome = await runSuite(t, checkout.folder, machine, machine.sshome);
  t.true((await machine.records()) > before, 'no session came by: the tests ran against something else');
  await compare(t, { suite: 'ssh2-sftp-client', version: checkout.version, openssh, sshome, differences: DIFFERENCES });
});

async function runSuite(t: ExecutionContext, checkout: string, machine: UserMachine, place: Place): Promise<Verdicts> {
  // Some tests name it as a folder beside the one they run in.
  const folder = join(await temporaryFolder(t), PROJECT);
  for (const name of ['src', 'test', 'package.json', '.mocharc.cjs']) {
    await cp(join(checkout, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  }
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  const data = join(folder, 'test/testData');
  await fillData(data);
  // They list the home's parent and expect "tim" there. Above a home of sshome's is nothing: ".." is the home itself.
  for (const name of ['testServer', 'tim/testServer']) await mkdir(join(place.home, name), { recursive: true });
  const report = join(folder, 'report.json');
  const mocha = [process.execPath, MOCHA, '--reporter', 'json', '--reporter-option', `output=${report}`];
  const [program, words] = machine.inside(folder, mocha);
  const { stderr } = await runProgram(t, program, words, {
    environment: {
      SFTP_SERVER: place.host,
      SFTP_PORT: String(place.port),
      SFTP_USER: machine.user,
      SFTP_PASSWORD: machine.password,
      SFTP_KEY_FILE: machine.lockedKeyFile,
      SFTP_KEY_PASSPHRASE: machine.passphrase,
      SFTP_URL: `${place.remoteHome}/testServer`,
      LOCAL_URL: data,
      TEST_SERVER: 'unix',
    },
  });
  if (stderr !== '') t.log(stderr.slice(-2000));
  // One title names the folder, which is another at each server.
  return verdictsOf(t, (await readFile(report, 'utf8')).replaceAll(place.remoteHome, ''));
}

/** Large files that a checkout may be without, and what the author never put into it. */
async function fillData(data: string): Promise<void> {
  const text = 'A line of a large text file, as the tests want one.\n';
  const sources = ['file1.txt', '.hidden-file.txt', '.hidden-sub1/file3.txt', 'sub1/file3.txt', 'sub1/sub2/file5.txt'];
  const names = ['test-file1.txt', ...sources.map((name) => join('upload-src', name))];
  for (const name of names) {
    const file = join(data, name);
    await mkdir(dirname(file), { recursive: true });
    if (!(await hasProgram(file))) await writeFile(file, text.repeat(name === 'test-file1.txt' ? 100_000 : 1000));
  }
  await chmod(join(data, 'no-access.txt'), 0o000);
  await makeBulk(join(data, 'bulk-uploads'));
}

/** 4 folders with 3 in each; 100 files where they are counted. "file-NN.txt" is told from those below by its name. */
async function makeBulk(bulk: string): Promise<void> {
  for (const upper of [0, 1, 2, 3]) {
    for (const lower of [0, 1, 2]) {
      await mkdir(join(bulk, `subdir-${upper}`, `subsubdir-${lower}`), { recursive: true });
    }
  }
  await makeFiles(bulk, 'file');
  for (const name of ['subdir-0', 'subdir-1', 'subdir-1/subsubdir-1', 'subdir-2/subsubdir-2']) {
    await makeFiles(join(bulk, name), 'sub');
  }
}

async function makeFiles(folder: string, name: string): Promise<void> {
  for (let number = 0; number < 100; number += 1) {
    await writeFile(join(folder, `${name}-${number}.txt`), `${name} ${number}\n`.repeat(100));
  }
}

interface Report {
  readonly tests: readonly ReportedTest[];
  readonly failures: readonly ReportedTest[];
  readonly pending: readonly ReportedTest[];
}

interface ReportedTest {
  readonly file: string | null;
  readonly fullTitle: string;
  readonly err?: { readonly message?: string };
}

function verdictsOf(t: ExecutionContext, text: string): Verdicts {
  const { tests, failures, pending } = JSON.parse(text) as Report;
  const failed = new Map(failures.map((failure) => [failure.fullTitle, failure.err?.message ?? '']));
  const passedOver = new Set(pending.map(({ fullTitle }) => fullTitle));
  const verdicts: Record<string, Verdict> = {};
  for (const { fullTitle } of [...tests, ...failures]) {
    verdicts[fullTitle] = failed.has(fullTitle) ? 'failed' : passedOver.has(fullTitle) ? 'skipped' : 'passed';
  }
  for (const [title, message] of failed) t.log(`${title}: ${message}`);
  return verdicts;
}
