import test, { type ExecutionContext } from 'ava';
import { parseConfig } from '../../src/config/config-file.ts';
import { printRules } from '../../src/config/print-rules.ts';
import { ACTIONS } from '../../src/model/action.ts';
import type { Rules } from '../../src/model/rules.ts';
import { FULL } from './rules-samples.ts';

function read(t: ExecutionContext, text: string): Rules {
  const { rules, problems } = parseConfig(text, 'sshome.yaml');
  t.deepEqual(problems, []);
  return rules;
}

test('rules: every section is read', (t) => {
  const { roles, groups, folders, users, passwords } = read(t, FULL);
  t.deepEqual(roles.get('intake'), {
    name: 'intake',
    rules: [
      { path: '/', allow: ['list'], deny: [] },
      { path: '/inbox/{user}', allow: ['upload', 'create_dirs'], deny: ['delete_files'] },
    ],
    names: { allowed: ['*.pdf'], denied: ['*.exe'], hidden: ['.git', 'Thumbs.db'] },
    login: [
      ['publickey', 'totp'],
      ['password', 'totp'],
    ],
  });
  t.like(roles.get('strict'), { rules: [], login: [['publickey']] });
  t.deepEqual([...groups.values()], [{ name: 'design', members: ['alice', 'bob'], roles: ['editor'] }]);
  t.deepEqual(folders.get('design') as unknown, {
    name: 'design',
    at: '/shared/design',
    quota: { bytes: 10 * 1024 ** 3, files: 10_000 },
    grants: [
      { role: 'editor', users: [], groups: ['design'] },
      { role: 'viewer', users: ['carol', '*'], groups: [] },
    ],
  });
  t.like(folders.get('plans') as unknown, { at: '/plans', grants: [], quota: { bytes: undefined, files: undefined } });
  t.deepEqual(users.get('*'), { maxSessions: 10, quota: { bytes: 1024 ** 3, files: 7 } });
  t.deepEqual(users.get('alice'), {
    roles: ['owner', 'strict'],
    // Of the two halves of a quota alice has her own one.
    quota: { bytes: 5 * 1024 ** 3, files: 7 },
    maxSessions: undefined,
    maxUploadBytes: 1024 ** 3,
    uploadBytesPerSecond: 10 * 1024 ** 2,
    downloadBytesPerSecond: 2048,
    networks: '192.0.2.0/24,2001:db8::/32',
    methods: ['publickey'],
    expiresMs: Date.UTC(2027, 0, 31, 18),
    hours: [
      { days: [0, 1, 2, 3], from: 480, to: 1080 },
      { days: [0, 1, 2, 3, 4, 5, 6], from: 1320, to: 1440 },
      { days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 360 },
      { days: [0, 5, 6], from: 0, to: 1440 },
    ],
  });
  t.deepEqual(users.get('bob'), {});
  t.deepEqual(passwords, { minLength: 10, breachedFile: 'known.txt', maxAgeMs: 90 * 86_400_000 });
});

test('rules: without sections there are the built-in roles and nothing else', (t) => {
  const { roles, groups, folders, users, passwords } = read(t, 'port: 2222\n');
  t.deepEqual([groups.size, folders.size, users.size], [0, 0, 0]);
  t.deepEqual(passwords, { minLength: 8, breachedFile: '', maxAgeMs: undefined });
  const allowed = Object.fromEntries([...roles.values()].map(({ name, rules }) => [name, rules[0]?.allow]));
  const allBut = (...without: string[]): string[] => ACTIONS.filter((action) => !without.includes(action));
  t.deepEqual(allowed as Record<string, string[]>, {
    owner: allBut('administer'),
    editor: allBut('administer', 'create_symlinks', 'chmod', 'chown', 'share'),
    viewer: ['list', 'download'],
    dropbox: ['upload', 'create_dirs', 'chtimes'],
    admin: [...ACTIONS],
  });
  for (const { rules } of roles.values()) t.like(rules, { length: 1, 0: { path: '/', deny: [] } });
});

test('rules: a day of expiry begins at midnight where the server is; all stands for what an owner may', (t) => {
  const { users, roles } = read(
    t,
    'users: { bob: { expires: 2027-03-01 } }\nroles: { most: { rules: [{ path: /, allow: [all], deny: [administer] }] } }\n',
  );
  t.is(users.get('bob')?.expiresMs, new Date(2027, 2, 1).getTime());
  t.deepEqual(roles.get('most')?.rules[0]?.allow, roles.get('owner')?.rules[0]?.allow);
});

test('rules: anchors and aliases of YAML work', (t) => {
  const { users } = read(t, 'users:\n  alice: &some { max-sessions: 2 }\n  bob: *some\n');
  t.deepEqual(users.get('bob'), { maxSessions: 2 });
});

test('rules: what config print shows comes to the same rules', (t) => {
  const rules = read(t, FULL);
  t.deepEqual(read(t, printRules(rules)), rules);
  t.regex(
    printRules(rules),
    /^# {3}dropbox:\n# {5}rules:\n# {7}- path: \/\n# {9}allow: \[ upload, create_dirs, chtimes \]$/m,
  );
});

/** A file with one mistake in its line 2, or in the line told, and what is said of it. */
const MISTAKES: ReadonlyArray<readonly [text: string, what: string, line?: number]> = [
  ['roles:\n  owner: {}', 'roles.owner: the role owner is built in; give yours another name'],
  [
    'roles:\n  .x: {}',
    'roles..x: ".x" is no such name: it has 1 to 64 letters (a-z, A-Z), digits, ".", "_" or "-", and starts with a letter or digit',
  ],
  ['roles:\n  a: { rule: [] }', 'roles.a.rule: a role has no rule; it has rules, names, login'],
  ['roles:\n  a: [1]', 'roles.a: [1] is no role, which has rules, names, login'],
  [
    'roles: { a: { rules: [\n { path: x, allow: [list] }] } }',
    'roles.a.rules.path: "x" is no path from the top, as /inbox',
  ],
  ['roles: { a: { rules: [\n { path: /x/, allow: [list] }] } }', 'roles.a.rules.path: "/x/" is written "/x"'],
  ['roles: { a: { rules: [\n { path: /x/../y, allow: [list] }] } }', 'roles.a.rules.path: "/x/../y" is written "/y"'],
  [
    'roles: { a: { rules: [\n { path: /**/x, allow: [list] }] } }',
    'roles.a.rules.path: "/**/x": a rule holds for everything below its path anyway; * stands for one name',
  ],
  [
    "roles: { a: { rules: [\n { path: '/{usr}', allow: [list] }] } }",
    'roles.a.rules.path: "/{usr}": {user} alone stands for something; a { of a name is written as \\{',
  ],
  ['roles: { a: { rules: [\n { path: /x }] } }', 'roles.a.rules: this rule allows nothing and denies nothing'],
  ['roles: { a: { rules: [\n { allow: [list] }] } }', 'roles.a.rules: this rule has no path'],
  [
    'roles: { a: { rules: [\n { path: /, allow: [list], deny: [all] }] } }',
    'roles.a.rules: list: allowed and denied at once',
  ],
  [
    'roles: { a: { rules: [\n { path: /x, deny: [administer] }] } }',
    'roles.a.rules: administer is asked of the path / alone',
  ],
  [
    'roles: { a: { rules: [\n { path: /x, allow: list }] } }',
    'roles.a.rules.allow: "list" is no list of actions, as [list, download]',
  ],
  [
    'roles: { a: { rules: [\n { path: /x, allow: [lst] }] } }',
    `roles.a.rules.allow: "lst" is no action; there are ${ACTIONS.join(', ')}, and all but administer`,
  ],
  ['roles: { a: { rules: [\n { path: /x, allow: [list, list] }] } }', 'roles.a.rules.allow: "list" is named twice'],
  [
    'roles: { a: { names:\n { hidden: [a/b] } } }',
    'roles.a.names.hidden: "a/b": this is for single names, which have no "/"',
  ],
  ['roles: { a: {\n login: totp } }', 'roles.a.login: totp never stands alone: password+totp, or publickey+totp'],
  [
    'roles: { a: {\n login: [pasword] } }',
    'roles.a.login: "pasword" is no list of password, publickey, totp, each once, as publickey+totp',
  ],
  ['roles: { a: {\n login: [] } }', 'roles.a.login: the list is empty: name something, or leave the key out'],
  ['groups:\n  a: { members: [alice, alice] }', 'groups.a.members: "alice" is named twice'],
  [
    'groups:\n  a: { members: [al/ice] }',
    'groups.a.members: "al/ice" is no user: a user name has 1 to 64 letters (a-z, A-Z), digits, ".", "_", "-" or "@", and does not start with "." or "-"; "*" is everybody',
  ],
  [
    'groups:\n  a: { roles: [edtor] }',
    'groups.a.roles: there is no role "edtor"; there are owner, editor, viewer, dropbox, admin',
  ],
  ['folders:\n  a: { at: / }', 'folders.a: a shared folder stands somewhere in the home, not in its place'],
  ["folders:\n  a: { at: '/x*' }", 'folders.a.at: "/x*" must be a path, not a pattern'],
  [
    'folders:\n  a: { grants: [{ role: viewer }] }',
    'folders.a.grants: this is granted to nobody: name users or groups',
  ],
  ['folders:\n  a: { grants: [{ users: [bob] }] }', 'folders.a.grants: this grant has no role'],
  [
    'folders:\n  a: { grants: [{ role: viewer, groups: [x] }] }',
    'folders.a.grants.groups: there is no group "x"; there are none in `groups`',
  ],
  [
    'folders:\n  a: { at: /x/y }\n  b: { at: /x }',
    'folders.b: shared folders do not nest: a at /x/y is within b at /x',
    3,
  ],
  ['folders:\n  a: { at: /x }\n  b: { at: /x }', 'folders.b: the shared folder a stands at /x already', 3],
  ['folders:\n  a: {}\n  A: {}', 'folders.A: the name differs from a in nothing but case', 3],
  [
    'users:\n  a b: {}',
    'users.a b: "a b" is no such name: a user name has 1 to 64 letters (a-z, A-Z), digits, ".", "_", "-" or "@", and does not start with "." or "-"; "*" is everybody',
  ],
  ['users:\n  alice: { roles: [] }', 'users.alice.roles: the list is empty: name something, or leave the key out'],
  ['users:\n  alice: { quota: much }', 'users.alice.quota: "much" is no size, as 4096, 64K, 10M or 1G'],
  ['users:\n  alice: { upload-speed: 10 }', 'users.alice.upload-speed: a speed is at least 1024 bytes a second'],
  [
    'users:\n  alice: { networks: [300.0.0.1] }',
    'users.alice.networks: "300.0.0.1" is no address and no network, as 192.0.2.1 or 2001:db8::/32',
  ],
  ['users:\n  alice: { methods: [totp] }', 'users.alice.methods: "totp" is not one of password, publickey'],
  [
    'users:\n  alice: { expires: 2027-02-30 }',
    'users.alice.expires: "2027-02-30" is no day, as 2027-01-31, and no moment, as 2027-01-31T18:00',
  ],
  [
    'users:\n  alice: { login-hours: [mon 24:30-25:00] }',
    'users.alice.login-hours: "mon 24:30-25:00" is not DAYS HH:MM-HH:MM, as mon-fri 08:00-18:00, sat,sun 10:00-12:00, or 22:00-06:00 for every day',
  ],
  ['passwords:\n  min-length: 0', 'passwords.min-length: 0 is not a whole number from 1 to 256'],
  ['host: x\nport: &a [*a]', 'port: what holds itself is not a whole number from 0 to 65535'],
];

for (const [text, what, line = 2] of MISTAKES) {
  test(`rules: a mistake is told with its line: ${what}`, (t) => {
    const { problems } = parseConfig(`${text}\n`, 'sshome.yaml');
    t.true(problems.includes(`sshome.yaml:${line}: ${what}`), problems.join('\n'));
  });
}

test('rules: all mistakes are told at once, in the order of the file, with those of settings', (t) => {
  const { problems } = parseConfig('users: { bob: { roles: [x] } }\nport: no\ngroups: 1\nfolders: { a: 1 }\n', 'f');
  t.deepEqual(
    problems.map((problem) => problem.split(' ')[0]),
    ['f:1:', 'f:2:', 'f:3:', 'f:4:'],
  );
});
