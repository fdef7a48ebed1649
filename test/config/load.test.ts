import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigError, loadConfig } from '../../src/config/load.ts';
import { SETTING_KEYS, SETTINGS } from '../../src/config/schema.ts';
import { temporaryFolder } from '../helpers/folder.ts';

async function yamlFile(t: ExecutionContext, text: string): Promise<string> {
  const file = join(await temporaryFolder(t), 'sshome.yaml');
  await writeFile(file, text);
  return file;
}

test('config: without anything every setting has its documented default', async (t) => {
  const config = await loadConfig({ flags: {}, environment: {}, file: await yamlFile(t, '') });
  t.like(config, { host: '127.0.0.1', port: 2222, credentials: 'id_passwd.txt', homes: 'homes', keys: 'keys' });
  t.like(config, { graceMs: 30_000, logLevel: 'info', logFile: '', maxAuthTries: 6, loginGraceMs: 30_000 });
  t.deepEqual(Object.keys(config).sort(), [...SETTING_KEYS, 'file'].sort());
});

test('config: a flag beats the environment, which beats the file, which beats the default', async (t) => {
  const file = await yamlFile(t, 'port: 1\nhost: file\nhomes: from-file\n');
  const environment = { SSHOME_PORT: '2', SSHOME_HOST: 'environment', SSHOME_KEYS: '' };
  const config = await loadConfig({ flags: { port: '3' }, environment, file });
  t.like(config, { port: 3, host: 'environment', homes: 'from-file', keys: 'keys' });
});

test('config: the file may be named by the environment', async (t) => {
  const file = await yamlFile(t, 'max-handles: 99\n');
  const config = await loadConfig({ flags: {}, environment: { SSHOME_CONFIG: file } });
  t.is(config.maxHandles, 99);
});

test('config: lengths of time and sizes have units', async (t) => {
  const file = await yamlFile(t, 'grace: 2m\nlogin-grace: 1500ms\nmax-unsent: 64K\nlog-file-size: 1.5G\n');
  const config = await loadConfig({ flags: {}, environment: {}, file });
  t.like(config, { graceMs: 120_000, loginGraceMs: 1500, maxUnsentBytes: 65_536, logFileBytes: 1.5 * 1024 ** 3 });
});

/*
 * A part of the name of a penalty was taken for one and came to nothing: `fail:60s`, `exceeded:1h` and `:5s` were accepted,
 * and the penalties stayed as they were.
 * Reached by a typing error in `--penalties`.
 * Verifies that only whole names are taken, each with one time.
 */
test('config: a penalty has one of the names, and one time', async (t) => {
  const penaltiesOf = async (penalties: string) =>
    (await loadConfig({ flags: { penalties }, environment: {}, file: await yamlFile(t, '') })).penalties;
  for (const word of ['fail:60s', 'exceeded:1h', ':5s', 'x:1h', 'authfail:5s:7s', 'authfail']) {
    await t.throwsAsync(penaltiesOf(word), { instanceOf: ConfigError, message: /is no penalty, as in/ }, word);
  }
  t.like(await penaltiesOf('authfail:60s,max-sources:10'), { maxSources: 10, minMs: 15_000 });
  t.is((await penaltiesOf('authfail:60s'))?.offencesMs.authfail, 60_000);
});

test('config: every mistake is told, with its place and what is allowed', async (t) => {
  const file = await yamlFile(t, 'port: 99999\nprot: 1\ngrace: soon\n');
  const error = await t.throwsAsync(
    loadConfig({ flags: { 'max-channels': 'many' }, environment: { SSHOME_LOG_LEVEL: 'loud' }, file }),
    { instanceOf: ConfigError },
  );
  const names = SETTING_KEYS.map((key) => SETTINGS[key].name).join(', ');
  const expected = [
    '--max-channels: "many" is not a whole number from 1 to 1000',
    'SSHOME_LOG_LEVEL: "loud" is not one of error, warn, info, debug',
    `${file}:1: port: 99999 is not a whole number from 0 to 65535`,
    `${file}:2: there is no setting prot; there are ${names}, and roles, groups, folders, users, passwords`,
    `${file}:3: grace: "soon" is no length of time, as 500ms, 30s, 5m or 2h`,
  ];
  t.deepEqual([...(error?.problems ?? [])].sort(), expected.sort());
});

test('config: a file that is no YAML is refused with the line', async (t) => {
  const file = await yamlFile(t, 'host: a\nport: "2\n');
  const error = await t.throwsAsync(loadConfig({ flags: {}, environment: {}, file }), { instanceOf: ConfigError });
  t.regex(error?.message ?? '', /sshome\.yaml:[23]: /);
});

test('config: a file that was named but is not there is an error; the default one may be missing', async (t) => {
  const file = join(await temporaryFolder(t), 'none.yaml');
  await t.throwsAsync(loadConfig({ flags: {}, environment: {}, file }), {
    message: `${file}: can't be read (there is no such file)`,
  });
  await t.notThrowsAsync(loadConfig({ flags: {}, environment: {} }));
});

/*
 * Shared folders within the homes, or the other way round, started a server whose users all got an input/output error in the
 * shared folder, and its administrator one line in the log at their first look.
 * Reached by `homes: data` and `shared-folders: data/shared`.
 * Verifies that the settings are refused, and that folders whose names only begin alike are not.
 */
test('config: homes and shared folders are not within each other', async (t) => {
  const load = async (homes: string, folders: string) =>
    loadConfig({ flags: { homes, 'shared-folders': folders }, environment: {}, file: await yamlFile(t, '') });
  for (const [homes, folders] of [
    ['data', 'data/shared'],
    ['data/homes', 'data'],
    ['data', './data/'],
  ] as const) {
    await t.throwsAsync(load(homes, folders), { instanceOf: ConfigError, message: /are within each other/ }, folders);
  }
  await t.notThrowsAsync(load('data', 'data-shared'));
});

/*
 * What the reader of YAML says to programmers was told to people: "please use YAML.parseAllDocuments()", and the line twice.
 * Reached by a line of three dashes in the file, and by a setting that stands there twice.
 * Verifies that each is one sentence, with its line before it.
 */
test('config: a file that is no YAML is told of in words for people', async (t) => {
  const problemsOf = async (text: string) => {
    const file = await yamlFile(t, text);
    const error = await t.throwsAsync(loadConfig({ flags: {}, environment: {}, file }), { instanceOf: ConfigError });
    return error?.problems.map((problem) => problem.slice(file.length));
  };
  t.deepEqual(await problemsOf('port: 1\n---\nport: 2\n'), [
    ':2: a second document begins here, with `---`; the file has one',
  ]);
  t.deepEqual(await problemsOf('port: 1\nport: 2\n'), [':2: Map keys must be unique']);
});
