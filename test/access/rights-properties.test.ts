// Properties of the policy for any rules: that it decides as a second, plain implementation does, and what must hold
// whatever the rules are.

import test from 'ava';
import fc from 'fast-check';
import { compileRights } from '../../src/access/rights.ts';
import type { Decision } from '../../src/access/verdict.ts';
import { ACTIONS, type Action } from '../../src/model/action.ts';
import { BUILT_IN_ROLES, DEFAULT_RULES, isBuiltInRole } from '../../src/model/default-rules.ts';
import { joinPath, namesOf, pathOf, type VirtualPath } from '../../src/model/path.ts';
import type { PathRule, Role, Rules, SharedFolder } from '../../src/model/rules.ts';

const USERS = ['alice', 'b'];
const NAMES = ['a', 'b', 'ab', '.a', 'B', 'AB', 'alice'];
const PATTERNS = [...NAMES, '*', '?', '[ab]', '.*', '{user}', 'a*'];
/** Few actions, so that rules meet. */
const SOME_ACTIONS: readonly Action[] = ['list', 'download', 'upload', 'rename_dirs', 'create_dirs'];

const anyName = fc.constantFrom(...NAMES);
const anyPath: fc.Arbitrary<VirtualPath> = fc.array(anyName, { maxLength: 4 }).map((names) => pathOf(names));
const anyUser = fc.constantFrom(...USERS);
const anyAction = fc.constantFrom(...SOME_ACTIONS);
const someActions = fc.subarray([...SOME_ACTIONS]);

const anyRule: fc.Arbitrary<PathRule> = fc
  .tuple(fc.array(fc.constantFrom(...PATTERNS), { maxLength: 3 }), someActions, someActions)
  .map(([patterns, allow, deny]) => ({
    path: `/${patterns.join('/')}`,
    allow: allow.filter((action) => !deny.includes(action)),
    deny,
  }));

const somePatterns = fc.oneof(
  { weight: 3, arbitrary: fc.constant<string[]>([]) },
  fc.array(fc.constantFrom(...NAMES, 'a*', '?'), { maxLength: 2 }),
);

function anyRole(name: string): fc.Arbitrary<Role> {
  return fc.record({
    name: fc.constant(name),
    rules: fc.array(anyRule, { maxLength: 5 }),
    names: fc.record({ allowed: somePatterns, denied: somePatterns, hidden: somePatterns }),
    login: fc.constant([]),
  });
}

const anyRoleName = fc.constantFrom('r', 's', 'viewer', 'owner', 'dropbox');

/** Two roles, a group, and maybe a shared folder at /a or /b/a. */
const anyRules: fc.Arbitrary<Rules> = fc
  .record({
    r: anyRole('r'),
    s: anyRole('s'),
    members: fc.subarray([...USERS, '*']),
    groupRoles: fc.uniqueArray(anyRoleName, { maxLength: 2 }),
    userRoles: fc.uniqueArray(anyRoleName, { maxLength: 2 }),
    at: fc.constantFrom(undefined, '/a', '/b/a'),
    grants: fc.array(fc.record({ role: anyRoleName, users: fc.subarray(USERS), groups: fc.subarray(['g']) }), {
      maxLength: 2,
    }),
  })
  .map(({ r, s, members, groupRoles, userRoles, at, grants }) => ({
    ...DEFAULT_RULES,
    roles: new Map([...BUILT_IN_ROLES, ['r', r], ['s', s]]),
    groups: new Map([['g', { name: 'g', members, roles: groupRoles }]]),
    users: new Map([['alice', userRoles.length > 0 ? { roles: userRoles } : {}]]),
    folders: new Map<string, SharedFolder>(
      at === undefined
        ? []
        : [['f', { name: 'f', at: at as VirtualPath, grants, quota: { bytes: undefined, files: undefined } }]],
    ),
  }));

/** The model in as few words as there are, slow and without any preparation. */
function plainly(rules: Rules, user: string, action: Action, path: VirtualPath): Decision {
  const names = namesOf(path);
  const isMember = (group: string): boolean =>
    (rules.groups.get(group)?.members ?? []).some((member) => member === user || member === '*');
  const roleNames = new Set(rules.users.get(user)?.roles ?? []);
  for (const { name, roles } of rules.groups.values())
    if (isMember(name)) for (const role of roles) roleNames.add(role);
  if (roleNames.size === 0) roleNames.add('owner');
  for (const { at, grants } of rules.folders.values()) {
    const granted = new Set(
      grants.filter((grant) => grant.users.includes(user) || grant.groups.some(isMember)).map(({ role }) => role),
    );
    const top = namesOf(at);
    if (top.every((name, index) => names[index] === name)) {
      return granted.size === 0 ? 'hidden' : inTree(rules, user, granted, action, names.slice(top.length));
    }
    const leadsThere = names.every((name, index) => top[index] === name);
    if (granted.size > 0 && leadsThere && action === 'list') return 'allow';
  }
  return inTree(rules, user, roleNames, action, names);
}

function inTree(rules: Rules, user: string, roleNames: Set<string>, action: Action, names: string[]): Decision {
  const roles = [...roleNames].map((name) => rules.roles.get(name)).filter((role) => role !== undefined);
  const has = (list: 'hidden' | 'denied' | 'allowed', name: string): boolean =>
    roles.some((role) => role.names[list].some((pattern) => expression(pattern, user, 'i').test(name)));
  if (names.some((name) => has('hidden', name))) return 'hidden';
  if (action !== 'list' && names.some((name) => has('denied', name))) return 'deny';
  const last = names.at(-1);
  const isLimited = roles.some((role) => role.names.allowed.length > 0) && ['download', 'upload'].includes(action);
  if (isLimited && last !== undefined && !has('allowed', last)) return 'deny';
  for (let depth = names.length; depth >= 0; depth -= 1) {
    const here = roles
      .flatMap((role) => role.rules)
      .filter(({ path }) => {
        const patterns = path.split('/').filter((part) => part !== '');
        return (
          patterns.length === depth && patterns.every((one, at) => expression(one, user, '').test(names[at] ?? ''))
        );
      });
    if (here.some(({ deny }) => deny.includes(action))) return 'deny';
    if (here.some(({ allow }) => allow.includes(action))) return 'allow';
  }
  return 'deny';
}

function expression(pattern: string, user: string, flags: string): RegExp {
  const body = pattern.replaceAll('{user}', user).replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${body}$`, flags);
}

const RUNS = { numRuns: 2000 };

test('rights: the decision is that of the plain model', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyRules, anyUser, anyAction, anyPath, (rules, user, action, path) => {
        const rights = compileRights(rules, user);
        return rights.decide(action, path) === plainly(rules, user, action, path);
      }),
      RUNS,
    ),
  );
});

/** The same rules with one more rule in the role `r`. */
function withRule(rules: Rules, rule: PathRule): Rules {
  const r = rules.roles.get('r');
  if (r === undefined) throw new Error('there is no r');
  return { ...rules, roles: new Map([...rules.roles, ['r', { ...r, rules: [...r.rules, rule] }]]) };
}

test('rights: a rule that only allows takes nothing away', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyRules, anyRule, anyUser, anyAction, anyPath, (rules, rule, user, action, path) => {
        const before = compileRights(rules, user).decide(action, path);
        const after = compileRights(withRule(rules, { ...rule, deny: [] }), user).decide(action, path);
        return before !== 'allow' || after === 'allow';
      }),
      RUNS,
    ),
  );
});

test('rights: a rule that only denies gives nothing, and at the very path it is the last word', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyRules, anyUser, anyAction, anyPath, (rules, user, action, path) => {
        const before = compileRights(rules, user).decide(action, path);
        const denying = withRule(rules, { path, allow: [], deny: [action] });
        const after = compileRights(denying, user).decide(action, path);
        if (before !== 'allow' && after === 'allow') return false;
        const isPlain = rules.folders.size === 0 && !path.includes('{');
        const holdsR = rules.users.get(user)?.roles?.includes('r') === true;
        return !isPlain || !holdsR || after !== 'allow';
      }),
      RUNS,
    ),
  );
});

test('rights: a list shows what is not hidden, and of a folder on the way to another what may be listed', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyRules, anyUser, anyPath, anyName, (rules, user, folder, name) => {
        const rights = compileRights(rules, user);
        const listing = rights.verdict('list', folder);
        if (listing.decision !== 'allow') return true;
        const path = joinPath(folder, name);
        const isShown = rights.shownIn(folder)?.(name) ?? true;
        const { decision } = rights.verdict('list', path);
        if (decision === 'hidden') return !isShown && rights.hidesSome;
        const isShared = [...rules.folders.values()].some(({ at }) => at === path);
        return isShown === (listing.reason.by !== 'way' || decision === 'allow' || isShared);
      }),
      RUNS,
    ),
  );
});

test('rights: below a hidden name everything is hidden', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyRules, anyUser, anyAction, anyPath, anyName, (rules, user, action, path, name) => {
        const rights = compileRights(rules, user);
        // A shared folder begins a tree of its own.
        if (rules.folders.size > 0) return true;
        return rights.decide(action, path) !== 'hidden' || rights.decide(action, joinPath(path, name)) === 'hidden';
      }),
      RUNS,
    ),
  );
});

/** Rules under which alice may move folders, but for what a rule denies. */
const movingRules = anyRules.map((rules) => ({
  ...withRule(rules, { path: '/', allow: ['rename_dirs', 'list'], deny: [] }),
  users: new Map([['alice', { roles: ['r'] }]]),
  groups: new Map(),
  folders: new Map(),
}));

test('rights: a folder whose move gains nothing gives no right on anything in it', (t) => {
  const folder = fc.array(anyName, { minLength: 1, maxLength: 2 }).map((names) => pathOf(names));
  const inside = fc.array(anyName, { minLength: 1, maxLength: 3 });
  t.notThrows(() =>
    fc.assert(
      fc.property(movingRules, folder, folder, inside, anyAction, (rules, from, to, names, action) => {
        const rights = compileRights(rules, 'alice');
        const mayMove = [from, to].every((path) => rights.decide('rename_dirs', path) === 'allow');
        if (!mayMove || rights.gains(from, to, 'directory')) return true;
        const below = (path: VirtualPath): VirtualPath =>
          names.reduce<VirtualPath>((at, name) => joinPath(at, name), path);
        return rights.decide(action, below(to)) !== 'allow' || rights.decide(action, below(from)) === 'allow';
      }),
      { numRuns: 5000 },
    ),
  );
});

test('rights: the reason and the decision are of one mind', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyRules, anyUser, anyAction, anyPath, (rules, user, action, path) => {
        const rights = compileRights(rules, user);
        const { decision, reason } = rights.verdict(action, path);
        const allows = (reason.by === 'rule' && reason.effect === 'allow') || reason.by === 'way';
        return decision === rights.decide(action, path) && (decision === 'allow') === allows;
      }),
      RUNS,
    ),
  );
});

test('rights: every built-in role decides as its list says, everywhere', (t) => {
  for (const [name, role] of BUILT_IN_ROLES) {
    t.true(isBuiltInRole(name));
    const rules: Rules = { ...DEFAULT_RULES, users: new Map([['alice', { roles: [name] }]]) };
    const rights = compileRights(rules, 'alice');
    for (const action of ACTIONS) {
      const expected = role.rules[0]?.allow.includes(action) === true ? 'allow' : 'deny';
      for (const path of ['/', '/a', '/a/.b/c']) t.is(rights.decide(action, path as VirtualPath), expected);
    }
  }
});
