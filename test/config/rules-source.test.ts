import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigError } from '../../src/config/load.ts';
import { openRules, type RulesFile } from '../../src/config/rules-source.ts';
import type { Rules } from '../../src/model/rules.ts';
import { type RecordingLog, recordingLog } from '../accounts/fixtures.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { until } from '../helpers/until.ts';

const VIEWER = 'users: { alice: { roles: [viewer] } }\n';
const EDITOR = 'users: { alice: { roles: [editor] } }\n';

async function open(
  t: ExecutionContext,
  text: string | undefined,
): Promise<{ file: string; log: RecordingLog; rules: RulesFile }> {
  const file = join(await temporaryFolder(t), 'sshome.yaml');
  if (text !== undefined) await writeFile(file, text);
  const log = recordingLog();
  const rules = await openRules({ file, log, pollMs: 20, settleMs: 10 });
  t.teardown(() => rules.close());
  return { file, log, rules };
}

/** Waits for a change that is told, and has made alice what it should. */
async function untilAliceIs(role: string, rules: RulesFile): Promise<void> {
  const told: Rules[] = [];
  const stop = rules.onChange((changed) => told.push(changed));
  await until(() => told.length > 0);
  stop();
  if (told[0] !== rules.now || rolesOf(rules.now)?.join() !== role) throw new Error(`alice is no ${role}`);
}

const rolesOf = (rules: Rules): readonly string[] | undefined => rules.users.get('alice')?.roles;

test('rules source: a change of the file is told, and is there', async (t) => {
  const { file, rules } = await open(t, VIEWER);
  t.deepEqual(rolesOf(rules.now), ['viewer']);
  const changed = untilAliceIs('editor', rules);
  await writeFile(`${file}.new`, EDITOR);
  await rename(`${file}.new`, file);
  await t.notThrowsAsync(changed);
});

test('rules source: a file that comes later counts', async (t) => {
  const { file, rules } = await open(t, undefined);
  t.is(rules.now.users.size, 0);
  const changed = untilAliceIs('viewer', rules);
  await writeFile(file, VIEWER);
  await t.notThrowsAsync(changed);
});

test('rules source: a broken edit keeps the last good rules, and every mistake is logged', async (t) => {
  const { file, log, rules } = await open(t, VIEWER);
  await writeFile(file, 'users: { alice: { roles: [x, y] } }\nport: no\n');
  await until(() => log.lines.length > 0);
  await rules.reload();
  t.deepEqual(rolesOf(rules.now), ['viewer']);
  const text = log.lines.join('\n');
  for (const part of [
    'sshome.yaml:1: users.alice.roles: there is no role "x"',
    'no role "y"',
    'sshome.yaml:2: port:',
  ]) {
    t.true(text.includes(part), text);
  }
  t.false(text.includes(file), 'a host path is logged');
  const changed = untilAliceIs('editor', rules);
  await writeFile(file, EDITOR);
  await t.notThrowsAsync(changed);
});

test('rules source: a file that goes away is a mistake, and frees nobody', async (t) => {
  const { file, log, rules } = await open(t, VIEWER);
  await rm(file);
  await rules.reload();
  t.deepEqual(rolesOf(rules.now), ['viewer']);
  t.regex(log.lines.join('\n'), /sshome\.yaml: the file is gone/);
});

/*
 * A file that was emptied was a good edit that takes all rules away: a viewer became the owner of the own home, and a user
 * with `networks` or `expires` was let in from anywhere and for ever.
 * Reached by an editor on a full disk, or by `> sshome.yaml`, while the server ran.
 * Verifies that the rules stay, also when comments are left, and that rules which are said to be none are none.
 */
test('rules source: a file that is emptied is a mistake, and frees nobody', async (t) => {
  const { file, log, rules } = await open(t, VIEWER);
  for (const emptied of ['', '# nothing\n', '\ufeff\r\n']) {
    await writeFile(file, emptied);
    await rules.reload();
    t.deepEqual(rolesOf(rules.now), ['viewer'], JSON.stringify(emptied));
  }
  t.regex(log.lines.join('\n'), /sshome\.yaml: nothing stands in the file any more; to have no rules, say so/);
  await writeFile(file, 'users: {}\n');
  await rules.reload();
  t.is(rules.now.users.size, 0);
  await writeFile(file, '');
  await rules.reload();
  t.is(rules.now.users.size, 0);
});

test('rules source: changed settings are named, and wait for a start; the rules beside them count', async (t) => {
  const { file, log, rules } = await open(t, `port: 1\nhost: a\n${VIEWER}`);
  await writeFile(file, `port: 1\nhost: b\nmax-handles: 9\n${EDITOR}`);
  await rules.reload();
  t.deepEqual(rolesOf(rules.now), ['editor']);
  t.regex(log.lines.join('\n'), /sshome\.yaml: a change of host, max-handles counts when the server is started again/);
});

test('rules source: an edit that comes to the same rules is told to nobody', async (t) => {
  const { file, rules } = await open(t, VIEWER);
  const before = rules.now;
  rules.onChange(() => t.fail());
  await writeFile(file, `# a remark\n${VIEWER}`);
  await rules.reload();
  t.is(rules.now, before);
});

test('rules source: at the start a wrong file is refused, with all of its mistakes', async (t) => {
  const error = await t.throwsAsync(open(t, 'users: 1\nroles: 1\n'), { instanceOf: ConfigError });
  t.is(error?.problems.length, 2);
});

test('rules source: rules that others could have written are refused; settings alone are not', async (t) => {
  const { file, rules } = await open(t, VIEWER);
  await chmod(file, 0o606);
  const again = openRules({ file, log: recordingLog() });
  await t.throwsAsync(again, {
    message: /other users of this machine can change these rules; mend it with: chmod go-w/,
  });
  await writeFile(file, 'port: 1\n');
  await rules.reload();
  t.is(rules.now.users.size, 0);
});

// What was wrong: close() did not wait for a file that was being read, and the log was closed before what the reader said.
// How reached: sshome.yaml changes in the moment in which the server stops.
// This verifies: what was being read has been told when close() resolves.
test('rules source: is closed when nothing is read any more', async (t) => {
  const { file, log, rules } = await open(t, VIEWER);
  await writeFile(file, EDITOR);
  void rules.reload();
  await rules.close();
  t.true(log.lines.includes('info: the rules have changed'));
});
