import test from 'ava';
import { createPolicy, ownerPolicy } from '../../src/access/policy.ts';
import { compileRights } from '../../src/access/rights.ts';
import { sharedFoldersOf } from '../../src/access/roles-of.ts';
import { userRules } from '../../src/access/user-rules.ts';
import { describeReason } from '../../src/access/verdict.ts';
import { ACTIONS, type Action } from '../../src/model/action.ts';
import { parsePath as at } from '../../src/model/path.ts';
import { rulesOf } from './rules-of.ts';

/** The decisions on `user, action, path`, one for each line. */
function decisions(yaml: string, lines: Readonly<Record<string, string>>) {
  const rules = rulesOf(yaml);
  return Object.fromEntries(
    Object.keys(lines).map((line) => {
      const [user = '', action = '', path = ''] = line.split(' ');
      return [line, compileRights(rules, user).decide(action as Action, at(path))];
    }),
  );
}

const CASES: ReadonlyArray<{ title: string; yaml: string; expected: Readonly<Record<string, string>> }> = [
  {
    title: 'without rules everybody is the owner of the own home',
    yaml: '',
    expected: { 'alice upload /x': 'allow', 'alice share /x': 'allow', 'alice administer /': 'deny' },
  },
  {
    title: 'built-in roles',
    yaml: 'users: { v: { roles: [viewer] }, d: { roles: [dropbox] }, e: { roles: [editor] }, a: { roles: [admin] } }',
    expected: {
      'v download /x': 'allow',
      'v upload /x': 'deny',
      'd upload /x': 'allow',
      'd create_dirs /x': 'allow',
      'd chtimes /x': 'allow',
      'd list /': 'deny',
      'd download /x': 'deny',
      'd overwrite /x': 'deny',
      'e overwrite /x': 'allow',
      'e create_symlinks /x': 'deny',
      'e chmod /x': 'deny',
      'a administer /': 'allow',
      'a chown /x': 'allow',
    },
  },
  {
    title: 'everybody has what is said of *, unless something else is said',
    yaml: "users: { '*': { roles: [viewer] }, alice: { roles: [owner] }, bob: { max-sessions: 1 } }",
    expected: { 'alice upload /x': 'allow', 'bob upload /x': 'deny', 'carol upload /x': 'deny' },
  },
  {
    title: 'the nearest path that mentions the action decides, and holds below',
    yaml: `
roles:
  r:
    rules:
      - { path: /, allow: [list, download] }
      - { path: /a, deny: [download] }
      - { path: /a/b/c, allow: [download] }
      - { path: /a/b, allow: [upload] }
users: { alice: { roles: [r] } }`,
    expected: {
      'alice download /x': 'allow',
      'alice download /a': 'deny',
      'alice download /a/b': 'deny',
      'alice download /a/b/c': 'allow',
      'alice download /a/b/c/d/e': 'allow',
      'alice list /a/b': 'allow',
      'alice upload /a/b/x': 'allow',
      'alice upload /a/x': 'deny',
      'alice download /ab': 'allow',
    },
  },
  {
    title: 'at the same depth deny beats allow, whichever role and pattern it is of',
    yaml: `
roles:
  r: { rules: [{ path: '/*', allow: [download] }] }
  s: { rules: [{ path: /a, deny: [download] }] }
users: { alice: { roles: [r, s] }, bob: { roles: [s, r] } }`,
    expected: { 'alice download /a': 'deny', 'bob download /a/b': 'deny', 'alice download /b': 'allow' },
  },
  {
    title: 'patterns stand for one name each, also for one with a dot, and {user} for the user',
    yaml: `
roles: { r: { rules: [{ path: '/*/in-{user}', allow: [upload] }, { path: '/[ab]?/\\{user}', allow: [list] }] } }
users: { '*': { roles: [r] } }`,
    expected: {
      'alice upload /.x/in-alice/y': 'allow',
      'alice upload /x/in-bob/y': 'deny',
      'alice upload /in-alice': 'deny',
      'alice list /a1/{user}': 'allow',
      'alice list /a1/alice': 'deny',
      'a upload /x/in-a': 'allow',
    },
  },
  {
    title: 'a user name is not a pattern',
    yaml: "roles: { r: { rules: [{ path: '/{user}', allow: [list] }] } }\nusers: { '*': { roles: [r] } }",
    expected: { '* list /alice': 'deny', '* list /*': 'allow', '[a-z] list /b': 'deny' },
  },
  {
    title: 'groups give their roles to their members, and take the place of the owner',
    yaml: `
groups: { g: { members: [alice, bob], roles: [viewer] }, all: { members: ['*'], roles: [dropbox] } }
users: { bob: { roles: [editor] } }`,
    expected: {
      'alice download /x': 'allow',
      'alice upload /x': 'allow',
      'alice overwrite /x': 'deny',
      'bob overwrite /x': 'allow',
      'carol download /x': 'deny',
    },
  },
  {
    title: 'in a shared folder the roles count that are granted there, and no others; paths begin at the folder',
    yaml: `
roles: { r: { rules: [{ path: /, allow: [list] }, { path: /in, allow: [upload] }] } }
groups: { g: { members: [bob] } }
folders:
  f: { at: /a/f, grants: [{ role: r, users: [alice] }, { role: viewer, groups: [g] }] }
users: { bob: { roles: [viewer] } }`,
    expected: {
      'alice upload /a/f/in/x': 'allow',
      'alice upload /a/f/x': 'deny',
      'alice upload /in/x': 'allow',
      'alice download /a/f/in/x': 'deny',
      'bob download /a/f/x': 'allow',
      'bob upload /a/f/in/x': 'deny',
      'bob list /a/f': 'allow',
      'alice upload /a/fx': 'allow',
    },
  },
  {
    title: 'a shared folder that is granted to others is hidden',
    yaml: 'folders: { f: { grants: [{ role: admin, users: [bob] }] } }',
    expected: {
      'alice list /shared/f': 'hidden',
      'alice upload /shared/f/x': 'hidden',
      'alice list /shared': 'allow',
      'bob chmod /shared/f/x': 'allow',
    },
  },
  {
    title: 'what leads to a shared folder can be looked at by who may look at nothing else',
    yaml: `
folders: { f: { at: /a/b/f, grants: [{ role: viewer, users: [alice] }] } }
users: { '*': { roles: [dropbox] } }`,
    expected: {
      'alice list /': 'allow',
      'alice list /a': 'allow',
      'alice list /a/b': 'allow',
      'alice list /a/c': 'deny',
      'alice list /a/b/f/x': 'allow',
      'alice download /a': 'deny',
      'bob list /': 'deny',
      'bob list /a': 'deny',
    },
  },
  {
    title: 'hidden names are hidden for every action, wherever they stand on the path, in either case',
    yaml: `
roles: { r: { names: { hidden: [.git, '*.secret'] } } }
users: { alice: { roles: [owner, r] } }`,
    expected: {
      'alice list /.git': 'hidden',
      'alice upload /a/.GIT/x': 'hidden',
      'alice download /.x.Secret': 'hidden',
      'alice download /git': 'allow',
    },
  },
  {
    title: 'denied names can be listed and nothing else',
    yaml: "roles: { r: { names: { denied: ['*.exe'] } } }\nusers: { alice: { roles: [owner, r] } }",
    expected: {
      'alice list /a.exe': 'allow',
      'alice download /a.EXE': 'deny',
      'alice download /a.exe/b': 'deny',
      'alice create_dirs /a.exe': 'deny',
      'alice upload /a': 'allow',
    },
  },
  {
    title: 'where names are allowed, files have one of any role, and folders any',
    yaml: `
roles: { r: { names: { allowed: ['*.pdf'] } }, s: { names: { allowed: ['*.jpg'] } } }
users: { alice: { roles: [owner, r, s] } }`,
    expected: {
      'alice upload /a/x.pdf': 'allow',
      'alice upload /a/x.jpg': 'allow',
      'alice upload /a/x.exe': 'deny',
      'alice rename_files /x.exe': 'deny',
      'alice create_symlinks /x.exe': 'deny',
      'alice create_dirs /a': 'allow',
      'alice list /x.exe': 'allow',
      'alice delete_dirs /a': 'allow',
    },
  },
  {
    title:
      'name rules of the home stay in the home, those of a shared folder in it, and what leads there is not hidden',
    yaml: `
roles:
  r: { names: { hidden: [x, shared] } }
  s: { rules: [{ path: /, allow: [list] }], names: { hidden: [y] } }
folders: { f: { grants: [{ role: s, users: [alice] }] } }
users: { alice: { roles: [owner, r] } }`,
    expected: {
      'alice list /x': 'hidden',
      'alice list /y': 'allow',
      'alice list /shared': 'allow',
      'alice upload /shared/z': 'hidden',
      'alice list /shared/f/x': 'allow',
      'alice list /shared/f/y': 'hidden',
    },
  },
];

for (const { title, yaml, expected } of CASES) {
  test(`rights: ${title}`, (t) => {
    t.deepEqual(decisions(yaml, expected), expected);
  });
}

test('rights: ownerPolicy lets everybody do everything but administer', (t) => {
  const rights = ownerPolicy({ user: 'alice' });
  t.deepEqual(
    ACTIONS.filter((action) => rights.decide(action, at('/a/b')) !== 'allow'),
    ['administer'],
  );
});

test('rights: a policy decides by the rules as they are now', (t) => {
  const source = { now: rulesOf('users: { alice: { roles: [viewer] } }') };
  const policy = createPolicy(source);
  t.is(policy({ user: 'alice' }).decide('upload', at('/x')), 'deny');
  t.is(policy({ user: 'alice' }), policy({ user: 'alice' }), 'compiled twice');
  source.now = rulesOf('users: { alice: { roles: [editor] } }');
  t.is(policy({ user: 'alice' }).decide('upload', at('/x')), 'allow');
});

const REASONS: ReadonlyArray<readonly [action: Action, path: string, text: string]> = [
  ['list', '/in', 'the role r allows list at /'],
  ['download', '/in/x.pdf', 'the role r denies download at /in'],
  ['upload', '/in/x.pdf', 'no rule mentions upload there, in r'],
  ['download', '/.git/x', 'the role r has the name .git among the hidden ones'],
  ['download', '/x.exe', 'the role r has the name *.exe among the denied ones'],
  ['download', '/x.txt', 'the file has none of the allowed names: *.pdf'],
  ['list', '/shared/f', 'the shared folder f is granted to others'],
  ['list', '/shared/g/x', 'the role viewer allows list at /'],
  ['chmod', '/shared/g/x', 'no rule mentions chmod there, in viewer'],
];

test('rights: each decision has its reason in words', (t) => {
  const rules = rulesOf(`
roles:
  r:
    rules: [{ path: /, allow: [list, download] }, { path: /in, deny: [download] }]
    names: { hidden: [.git], denied: ['*.exe'], allowed: ['*.pdf'] }
  none: {}
folders:
  f: { grants: [{ role: viewer, users: [bob] }] }
  g: { grants: [{ role: viewer, users: [alice, carol] }] }
users: { alice: { roles: [r] }, carol: { roles: [none] } }`);
  const rights = compileRights(rules, 'alice');
  for (const [action, path, text] of REASONS) {
    t.is(describeReason(rights.verdict(action, at(path)).reason, action), text);
  }
  const carol = compileRights(rules, 'carol');
  t.is(describeReason(carol.verdict('list', at('/shared')).reason, 'list'), 'it leads to the shared folder g');
});

test('rights: what a list shows', (t) => {
  const rules = rulesOf(`
roles: { r: { names: { hidden: [.git] } } }
folders:
  f: { at: /shared/f, grants: [{ role: r, users: [alice] }, { role: viewer, users: [alice, dora] }] }
  g: { at: /shared/g, grants: [{ role: viewer, users: [bob] }] }
users: { alice: { roles: [owner] }, bob: { roles: [owner, r] }, dora: { roles: [dropbox] } }`);
  const names = ['a', '.git', 'shared', 'f', 'g'];
  const shown = (user: string, folder: string): string => {
    const shows = compileRights(rules, user).shownIn(at(folder));
    return shows === undefined ? 'all' : names.filter(shows).join(' ');
  };
  t.is(shown('alice', '/'), 'a .git shared f g');
  t.is(shown('alice', '/x'), 'all');
  t.is(shown('alice', '/shared'), 'a .git shared f');
  t.is(shown('alice', '/shared/f'), 'a shared f g');
  t.is(shown('bob', '/x'), 'a shared f g');
  t.is(shown('bob', '/shared'), 'a shared g');
  t.is(shown('dora', '/'), 'shared');
  t.is(shown('dora', '/shared'), 'f');
  t.is(shown('dora', '/shared/f'), 'all');
});

test('rights: the folders of a user are those with a grant', (t) => {
  const rules = rulesOf(`
groups: { x: { members: [bob] } }
folders:
  f: { grants: [{ role: viewer, users: [alice] }] }
  g: { grants: [{ role: viewer, groups: [x] }] }
  h: { grants: [{ role: viewer, users: ['*'] }] }`);
  const foldersOf = (user: string): string =>
    sharedFoldersOf(rules, user)
      .map(({ name }) => name)
      .join('');
  t.deepEqual(['alice', 'bob', 'carol'].map(foldersOf), ['fh', 'gh', 'h']);
});

const MOVES: ReadonlyArray<{ from: string; to: string; what: 'file' | 'directory' | 'copy'; gains: boolean }> = [
  { from: '/a', to: '/b', what: 'file', gains: false },
  { from: '/ro/x', to: '/b', what: 'file', gains: true },
  { from: '/b', to: '/ro/x', what: 'file', gains: false },
  // A copy is another file: that the first one can't be overwritten is not got round.
  { from: '/ro/x', to: '/b', what: 'copy', gains: false },
  { from: '/blind/x', to: '/b', what: 'copy', gains: true },
  { from: '/blind/x', to: '/blind/y', what: 'copy', gains: false },
  { from: '/a', to: '/b', what: 'directory', gains: false },
  { from: '/a/b', to: '/a/c', what: 'directory', gains: false },
  // Below /has, something is denied: under another name of /has it would not be.
  { from: '/has', to: '/b', what: 'directory', gains: true },
  { from: '/has/secret', to: '/has/other', what: 'directory', gains: true },
  { from: '/has/other', to: '/has/another', what: 'directory', gains: false },
  // Below /to, something is allowed that is not allowed in /ro.
  { from: '/ro/x', to: '/ro/more', what: 'directory', gains: true },
  { from: '/a', to: '/ro/more', what: 'directory', gains: false },
  // The same is said of what is below both names.
  { from: '/any1', to: '/any2', what: 'directory', gains: false },
  { from: '/any1', to: '/b', what: 'directory', gains: true },
  // As much is said below both, but of other names.
  { from: '/has', to: '/two', what: 'directory', gains: true },
  { from: '/shared/f/x', to: '/b', what: 'directory', gains: true },
  { from: '/b', to: '/shared/f/x', what: 'directory', gains: true },
  { from: '/shared/f/x', to: '/b', what: 'copy', gains: false },
];

for (const { from, to, what, gains } of MOVES) {
  test(`rights: ${what}: from ${from} to ${to} ${gains ? 'would gain' : 'gains nothing'}`, (t) => {
    const rules = rulesOf(`
roles:
  r:
    rules:
      - { path: /, allow: [all] }
      - { path: /ro, deny: [overwrite, delete_files] }
      - { path: /ro/more/in, allow: [overwrite] }
      - { path: /blind, deny: [download] }
      - { path: /has/secret, deny: [download] }
      - { path: /two/other, deny: [download] }
      - { path: '/any[12]/secret', deny: [download] }
folders: { f: { grants: [{ role: viewer, users: [alice] }] } }
users: { alice: { roles: [r] } }`);
    t.is(compileRights(rules, 'alice').gains(at(from), at(to), what), gains);
  });
}

test('user rules: what is said of the user comes before what is said of everybody', (t) => {
  const rules = rulesOf("users: { '*': { max-sessions: 2, quota: 1G }, alice: { max-sessions: none } }");
  t.like(userRules(rules, 'alice'), { maxSessions: undefined, quota: { bytes: 1024 ** 3, files: undefined } });
  t.like(userRules(rules, 'bob'), { maxSessions: 2 });
});
