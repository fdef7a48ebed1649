import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { SETTING_KEYS, SETTINGS } from '../../src/config/schema.ts';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { type ProgramResult, runProgram } from '../helpers/program.ts';

interface Run extends ProgramResult {
  readonly text: string;
}

async function config(
  t: ExecutionContext,
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const program = inRepository('build/src/main.js');
  const result = await runProgram(t, process.execPath, [program, 'config', ...words], { folder, environment });
  return { ...result, text: result.stdout.toString('utf8') };
}

test('config: print shows every setting with where it comes from, and the algorithms', async (t) => {
  t.timeout(30_000);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'sshome.yaml'), 'host: 192.0.2.1\n\nmax-handles: 99\n');
  const words = ['print', '--port', '4022', '--kex=-curve*'];
  const { status, text, stderr } = await config(t, folder, words, { SSHOME_MAX_CHANNELS: '3' });
  t.is(status, 0, stderr);
  t.regex(text, /^port: 4022 +# --port$/m);
  t.regex(text, /^max-channels: 3 +# SSHOME_MAX_CHANNELS$/m);
  t.regex(text, /^max-handles: 99 +# sshome\.yaml:3$/m);
  t.regex(text, /^grace: 30s +# default$/m);
  t.regex(text, /^# {3}key exchange: mlkem768x25519-sha256$/m);
  t.regex(text, /^# {3}host keys: ssh-ed25519,rsa-sha2-512,rsa-sha2-256$/m);
  t.deepEqual(Object.keys(parse(text) as object), [
    ...SETTING_KEYS.map((key) => SETTINGS[key].name),
    'roles',
    'groups',
    'folders',
    'users',
    'passwords',
  ]);
});

test('config: print shows the rules, and check tells what is wrong with them beside the settings', async (t) => {
  t.timeout(30_000);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'sshome.yaml'), 'users:\n  alice: { roles: [viewer] }\n');
  const { status, text, stderr } = await config(t, folder, ['print']);
  t.is(status, 0, stderr);
  t.regex(text, /^users:\n {2}alice:\n {4}roles: \[ viewer \]$/m);
  t.regex(text, /^# {3}viewer:\n.*\n.*\n# {9}allow: \[ list, download \]$/m);
  await writeFile(join(folder, 'sshome.yaml'), 'port: x\nusers:\n  alice: { roles: [vewer] }\n');
  const wrong = await config(t, folder, ['check']);
  t.like(wrong, { status: 1, text: '' });
  t.regex(wrong.stderr, /^sshome: sshome\.yaml:1: port: "x" is not a whole number from 0 to 65535$/m);
  t.regex(wrong.stderr, /^sshome: sshome\.yaml:3: users\.alice\.roles: there is no role "vewer"; there are owner, /m);
});

test('config: what print shows is a file of settings that comes to the same', async (t) => {
  t.timeout(30_000);
  const folder = await temporaryFolder(t);
  const words = ['--ciphers=^aes256-ctr', '--macs=-*512*', '--profile', 'compatible', '--log-file', 'a: b #c'];
  const first = await config(t, folder, ['print', ...words]);
  t.is(first.status, 0, first.stderr);
  await writeFile(join(folder, 'printed.yaml'), first.text);
  const second = await config(t, folder, ['print', '--config', 'printed.yaml']);
  t.is(second.status, 0, second.stderr);
  const withoutOrigins = (text: string): string => text.replace(/ +# \S+$/gm, '');
  t.is(withoutOrigins(second.text), withoutOrigins(first.text));
});

test('config: check tells every mistake, and of lists that come out empty', async (t) => {
  t.timeout(30_000);
  const folder = await temporaryFolder(t);
  t.like(await config(t, folder, ['check']), { status: 0, text: 'the settings can be used\n', stderr: '' });
  const wrong = await config(t, folder, ['check', '--port', 'x', '--ciphers', 'rot13']);
  t.is(wrong.status, 1);
  t.regex(wrong.stderr, /^sshome: --port: "x" is not a whole number/m);
  t.regex(wrong.stderr, /^sshome: --ciphers: "rot13" is none of aes|chacha20/m);
  const empty = await config(t, folder, ['check', '--macs=-*']);
  t.like(empty, { status: 1, stderr: 'sshome: macs: no algorithm is left\n' });
});

test('config: check tells of a list of known passwords that is not there', async (t) => {
  t.timeout(30_000);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'sshome.yaml'), 'passwords: { breached-list: known.txt }\n');
  const missing = await config(t, folder, ['check']);
  t.is(missing.status, 1);
  t.is(
    missing.stderr,
    "sshome: sshome.yaml: passwords.breached-list: known.txt can't be read (there is no such file)\n",
  );
  await writeFile(join(folder, 'known.txt'), 'password1\n');
  const there = await config(t, folder, ['check']);
  t.deepEqual([there.status, there.text], [0, 'the settings can be used\n']);
});
