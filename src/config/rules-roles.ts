// The section `roles`: who has which rights is said elsewhere, here what they are.

import { ACTIONS, type Action } from '../model/action.ts';
import { isBuiltInRole, NO_NAME_RULES, OWNER_ACTIONS } from '../model/default-rules.ts';
import type { NameRules, PathRule, Proof, Role } from '../model/rules.ts';
import type { FileNode } from './file-node.ts';
import { type Form, listOf, namedMap, record, scalar } from './form.ts';
import { GIVEN_NAME } from './rules-names.ts';
import { readNamePattern, readPathPattern } from './rules-patterns.ts';
import { SettingError, show, withSchema } from './setting.ts';

/** Written for OWNER_ACTIONS. */
const ALL = 'all';
const PROOFS: readonly Proof[] = ['password', 'publickey', 'totp'];

const action: Form<Action | typeof ALL> = scalar(
  withSchema({ enum: [...ACTIONS, ALL] }, (written) => {
    const found = [...ACTIONS, ALL].find((known): known is Action | typeof ALL => known === written);
    if (found === undefined) {
      throw new SettingError(
        `${show(written)} is no action; there are ${ACTIONS.join(', ')}, and ${ALL} but administer`,
      );
    }
    return found;
  }),
);
const actions = listOf(action, 'actions, as [list, download]');

const ruleFields = record<{ path: string; allow: (Action | typeof ALL)[]; deny: (Action | typeof ALL)[] }>('rule', {
  path: {
    describe:
      'where: names from the root of the home or shared folder, each may be a pattern; {user} is the name of the user',
    form: scalar(readPathPattern),
    required: true,
  },
  allow: { describe: 'what may be done there and below', form: actions },
  deny: { describe: 'what may not', form: actions },
});

const rule: Form<PathRule> = {
  schema: ruleFields.schema,
  read(node) {
    const read = ruleFields.read(node);
    if (read === undefined) return undefined;
    const { path = '/' } = read;
    const allow = spelledOut(read.allow);
    const deny = spelledOut(read.deny);
    if (allow.length + deny.length === 0) node.wrong('this rule allows nothing and denies nothing');
    const both = allow.filter((one) => deny.includes(one));
    if (both.length > 0) node.wrong(`${both.join(', ')}: allowed and denied at once`);
    if (path !== '/' && [...allow, ...deny].includes('administer'))
      node.wrong('administer is asked of the path / alone');
    return { path, allow, deny };
  },
};

const patterns = listOf(scalar(readNamePattern), "patterns of names, as ['*.pdf']");

const names = record<NameRules>('set of patterns', {
  allowed: { describe: 'only files with such a name may be read, written, deleted, renamed or copied', form: patterns },
  denied: { describe: 'such files and folders may be seen in a list, and nothing else', form: patterns },
  hidden: { describe: 'there is no file or folder with such a name', form: patterns },
});

/** `[publickey, totp]`, or the same as `publickey+totp`. */
const proofs: Form<Proof[]> = {
  schema: {
    anyOf: [
      { type: 'array', items: { enum: PROOFS }, minItems: 1, uniqueItems: true },
      { type: 'string', pattern: `^(${PROOFS.join('|')})(\\+(${PROOFS.join('|')}))*$` },
    ],
  },
  read(node) {
    const written = typeof node.value === 'string' ? node.value.split('+') : node.value;
    const read = Array.isArray(written) ? PROOFS.filter((proof) => written.includes(proof)) : [];
    if (!Array.isArray(written) || read.length === 0 || read.length !== written.length) {
      node.wrong(`${show(node.value)} is no list of ${PROOFS.join(', ')}, each once, as publickey+totp`);
      return undefined;
    }
    if (read.join() === 'totp') node.wrong('totp never stands alone: password+totp, or publickey+totp');
    return read;
  },
};

const severalProofs = listOf(proofs, 'ways to log in, as [publickey+totp, password+totp]', { least: 1 });

const login: Form<Proof[][]> = {
  schema: { anyOf: [severalProofs.schema, { type: 'string' }] },
  read: (node) => {
    if (typeof node.value !== 'string') return severalProofs.read(node);
    const one = proofs.read(node);
    return one === undefined ? undefined : [one];
  },
};

interface RoleShape {
  readonly rules: PathRule[];
  readonly names: Partial<NameRules>;
  readonly login: Proof[][];
}

const roleFields = record<RoleShape>('role', {
  rules: {
    describe: 'what may be done where; of all that name an action the one with the longest path decides',
    form: listOf(rule, 'rules'),
  },
  names: { describe: 'names that files and folders may have', form: names },
  login: { describe: 'which proofs let somebody with this role in: one of the lists, all of its members', form: login },
});

export const ROLES: Form<Map<string, Role>> = namedMap(GIVEN_NAME, roleFields, toRole);

function toRole(name: string, read: Partial<RoleShape>, node: FileNode): Role {
  if (isBuiltInRole(name)) node.wrong(`the role ${name} is built in; give yours another name`);
  return { name, rules: read.rules ?? [], names: { ...NO_NAME_RULES, ...read.names }, login: read.login ?? [] };
}

function spelledOut(written: readonly (Action | typeof ALL)[] = []): Action[] {
  return ACTIONS.filter((known) => written.includes(known) || (written.includes(ALL) && OWNER_ACTIONS.includes(known)));
}
