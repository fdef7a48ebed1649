// JSch 0.1, Java's old SSH library, which much enterprise software still carries: Jenkins plugins, ETL tools, Eclipse.
// It knows neither ed25519 nor rsa-sha2, so the server needs an ECDSA host key: `--profile compatible`.

import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../helpers/until.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { mustRun } from './must-run.ts';
import {
  type LineProgram,
  type LineProgramStart,
  openLineSession,
  programSource,
  startLineProgram,
} from './programs/line-program.ts';
import { setStage } from './stage.ts';

const LIBRARY = '/usr/share/java/jsch.jar';

const START: LineProgramStart = { program: 'java', words: ['-cp', LIBRARY, programSource('JschSession.java')] };

/** JSch reads none of the newer key files: alice gets an old one beside hers. */
async function withOldKey(t: Lifetime, target: Target): Promise<Target> {
  if (target.login.method === 'password') return target;
  const privateKeyFile = join(target.local, 'old_key');
  await mustRun(t, 'ssh-keygen', ['-q', '-t', 'ecdsa', '-m', 'PEM', '-N', '', '-f', privateKeyFile]);
  const authorized = join(target.server.folder, 'authorized_keys/alice');
  await appendFile(authorized, await readFile(`${privateKeyFile}.pub`));
  return { ...target, login: { method: 'key', privateKeyFile } };
}

const driver: ClientDriver = {
  name: 'JSch',
  programs: {
    java: 'default-jdk-headless',
    javac: 'default-jdk-headless',
    [LIBRARY]: 'libjsch-java',
    'ssh-keygen': 'openssh-client',
  },
  version: async (t) => (await startLineProgram(t, START).ask('version')).join(' '),
  settings: { profile: 'compatible' },
  logins: ['password', 'key'],
  open: async (t, target) => (await openLineSession(t, await withOldKey(t, target), START)).session,
  unableNames: {
    'not UTF-8': 'JSch decodes names as UTF-8 and has no other setting for version 3; what is not becomes U+FFFD',
  },
  renamesOver: true,
};

const { stage, check, bench } = testClient(driver);

async function jsch(t: Lifetime): Promise<LineProgram['ask']> {
  const { target } = await stage();
  return (await openLineSession(t, await target('password'), START)).ask;
}

check('gets a clear refusal from a server with the modern profile', async (t) => {
  const { server, target } = await setStage(t);
  const error = await t.throwsAsync(openLineSession(t, await target('password'), START));
  t.regex(error?.message ?? '', /Algorithm negotiation fail/);
  await until(async () => (await server.records()).some(({ reason }) => /no matching/.test(String(reason))));
  return undefined;
});

check('appends', async (t) => {
  const { local, remote, disk } = await bench(t);
  const ask = await jsch(t);
  await writeFile(join(disk, 'log'), 'one\n');
  await writeFile(join(local, 'more'), 'two\n');
  await ask('append', join(local, 'more'), `${remote}/log`);
  t.is(await readFile(join(disk, 'log'), 'utf8'), 'one\ntwo\n');
  return undefined;
});

check('expands globs by listing', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await jsch(t);
  for (const name of ['a.txt', 'b.txt', 'c.bin']) await writeFile(join(disk, name), '');
  t.deepEqual((await ask('glob', `${remote}/*.txt`)).sort(), ['a.txt', 'b.txt']);
  return undefined;
});

check('sets times, asks for room and for the home', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await jsch(t);
  await writeFile(join(disk, 'file'), 'content');
  t.deepEqual(await ask('facts', `${remote}/file`), ['3', '1234567890', '7', 'true', '/']);
  return undefined;
});

check('makes hard links', async (t) => {
  const { remote, disk } = await bench(t);
  const ask = await jsch(t);
  await writeFile(join(disk, 'one'), 'content');
  await ask('hard-link', `${remote}/one`, `${remote}/two`);
  t.is((await stat(join(disk, 'one'))).nlink, 2);
  return undefined;
});

check('goes on with new keys when it asks for them', async (t) => {
  const { local, remote, disk } = await bench(t);
  const ask = await jsch(t);
  await writeFile(join(local, 'sent'), 'after new keys');
  await ask('rekey');
  await ask('upload', join(local, 'sent'), `${remote}/there`);
  t.is(await readFile(join(disk, 'there'), 'utf8'), 'after new keys');
  return undefined;
});
