// Files as people write them, with one value changed: what they say is what it should be, and every line that was not about
// that value is still there, byte for byte.

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { setInYaml, YamlEditError, type YamlPath, yamlContent } from '../../src/administration/edit-yaml.ts';

const edited = (before: string, path: YamlPath, value: unknown): string => setInYaml(before, path, value);

const changes: readonly [title: string, before: string, path: YamlPath, value: unknown, after: string][] = [
  ['makes a file', '', ['users', 'bob', 'quota'], '5G', 'users:\n  bob:\n    quota: 5G\n'],
  ['adds behind comments', '# head', ['users', 'bob', 'files'], 5, '# head\nusers:\n  bob:\n    files: 5\n'],
  [
    'adds a section',
    'host: a\n\n# end\n',
    ['groups', 'g', 'members'],
    ['a'],
    'host: a\n\n# end\ngroups:\n  g:\n    members: [a]\n',
  ],
  [
    'replaces a value and keeps what stands behind it',
    'users:\n  bob:   # him\n    quota:   1G    # little\n',
    ['users', 'bob', 'quota'],
    '5G',
    'users:\n  bob:   # him\n    quota:   5G    # little\n',
  ],
  [
    'adds a user after the others, before what follows',
    'users:\n    al:\n        quota: 1G\n\n# about groups\ngroups: {}\n',
    ['users', 'bob', 'quota'],
    '2G',
    'users:\n    al:\n        quota: 1G\n    bob:\n      quota: 2G\n\n# about groups\ngroups: {}\n',
  ],
  [
    'gives a user without rules some',
    'users:\n  bob:   # him\n  al: ~\n',
    ['users', 'bob', 'files'],
    1,
    'users:\n  bob:   # him\n    files: 1\n  al: ~\n',
  ],
  ['gives a null some', 'users:\n  al: ~\n', ['users', 'al', 'files'], 1, 'users:\n  al: \n    files: 1\n'],
  [
    'takes a user out and keeps the comment above',
    '# all\nusers:\n  # al\n  al: {quota: 1G}\n  # bob\n  bob:\n    files: 1 # x\n',
    ['users', 'bob'],
    undefined,
    '# all\nusers:\n  # al\n  al: {quota: 1G}\n  # bob\n',
  ],
  [
    'leaves an empty map where the last key was',
    'users:\n  bob:\n    files: 1\nhost: a\n',
    ['users', 'bob', 'files'],
    undefined,
    'users:\n  bob: {}\nhost: a\n',
  ],
  ['takes the last section out', 'users:\n  bob:\n    files: 1\n', ['users'], undefined, ''],
  [
    'changes a flow map on its line',
    'users: {bob: {files: 1}, "1": {files: 2}} # all\n',
    ['users', 'bob', 'files'],
    3,
    'users: {bob: {files: 3}, "1": {files: 2}} # all\n',
  ],
  [
    'keeps the blanks of a flow map when a value changes',
    'users: { bob: {files:   1 },\n  "1":  { files: 2 } } # all\n',
    ['users', 'bob', 'files'],
    3,
    'users: { bob: {files:   3 },\n  "1":  { files: 2 } } # all\n',
  ],
  [
    'keeps the blanks of a flow map when one comes in',
    'users: { bob: { files: 1 } }\n',
    ['users', 'eve', 'files'],
    3,
    'users: { bob: { files: 1 }, eve: {files: 3} }\n',
  ],
  [
    'keeps the blanks of a flow map when one goes',
    'users: { bob: { files: 1 }, eve: {  files: 3 },  dan: { bytes: 1 , files: 2 } }\n',
    ['users', 'bob'],
    undefined,
    'users: { eve: {  files: 3 },  dan: { bytes: 1 , files: 2 } }\n',
  ],
  [
    'keeps the blanks of a flow map when its last goes',
    'users: { bob: { files: 1 },  eve: {  files: 3 } }\n',
    ['users', 'eve'],
    undefined,
    'users: { bob: { files: 1 } }\n',
  ],
  [
    'adds to a block list',
    'g:\n  members:   # these\n  # a\n  - a     # first\n  - b\n\n  roles: [x]\n',
    ['g', 'members'],
    ['a', 'b', 'c'],
    'g:\n  members:   # these\n  # a\n  - a     # first\n  - b\n  - c\n\n  roles: [x]\n',
  ],
  [
    'takes members out of a block list',
    'g:\n  members:\n    - a # 1\n    # two\n    - b # 2\n    - c',
    ['g', 'members'],
    ['a', 'c'],
    'g:\n  members:\n    - a # 1\n    # two\n    - c',
  ],
  [
    'empties a block list',
    'g:\n  members:\n    - a\n  roles: [x]\n',
    ['g', 'members'],
    [],
    'g:\n  members: []\n  roles: [x]\n',
  ],
  ['changes a flow list on its line', 'g: [a, b]   # two\n', ['g'], ['b', 'c'], 'g: [b, c]   # two\n'],
  ['makes a list of one name', 'g: a   # one\n', ['g'], ['a', 'c'], 'g: [a, c]   # one\n'],
  ['replaces a folded text', 'a:\n  b: >\n    x\n    y\n  c: 1\n', ['a', 'b'], 'z', 'a:\n  b: z\n  c: 1\n'],
  [
    'changes a member of a list of maps',
    'grants:\n  - role: editor   # first\n    users: [a, b]\n  - {role: viewer, users: [c]}\n',
    ['grants', 0, 'users'],
    ['b'],
    'grants:\n  - role: editor   # first\n    users: [b]\n  - {role: viewer, users: [c]}\n',
  ],
  [
    'gives a member of a list of maps another key',
    'grants:\n- role: editor\n  users: [a]\n',
    ['grants', 0, 'groups'],
    ['g'],
    'grants:\n- role: editor\n  users: [a]\n  groups: [g]\n',
  ],
  [
    'adds a map to a list of maps',
    'grants:\n- role: editor\n  users: [a]\nx: 1\n',
    ['grants'],
    [
      { role: 'editor', users: ['a'] },
      { role: 'viewer', groups: ['g'] },
    ],
    'grants:\n- role: editor\n  users: [a]\n- {role: viewer, groups: [g]}\nx: 1\n',
  ],
  [
    'takes a map out of a list of maps',
    'f:\n  grants:\n  # first\n  - role: editor\n    users: [a]   # him\n  # second\n  - role: viewer\n    users:\n    - b\n',
    ['f', 'grants', 0],
    undefined,
    'f:\n  grants:\n  # first\n  # second\n  - role: viewer\n    users:\n    - b\n',
  ],
  [
    'takes the last member out of a list',
    'f:\n  grants:\n  - a: 1\n',
    ['f', 'grants', 0],
    undefined,
    'f:\n  grants: []\n',
  ],
  ['keeps the line ends of Windows', 'a:\r\n  b: 1\r\nz: 1', ['a', 'c'], 2, 'a:\r\n  b: 1\r\n  c: 2\r\nz: 1'],
  [
    'quotes a name that would be something else',
    'users:\n',
    ['users', '007', 'quota'],
    'none',
    'users:\n  "007":\n    quota: none\n',
  ],
  ['takes * for a name', '', ['users', '*', 'files'], 1, 'users:\n  "*":\n    files: 1\n'],
  ['takes __proto__ for a name', '', ['users', '__proto__', 'files'], 1, 'users:\n  __proto__:\n    files: 1\n'],
  ['leaves a file alone that says so already', 'a:   {b: 0x10}\n', ['a', 'b'], 16, 'a:   {b: 0x10}\n'],
  ['leaves a file alone that does not say it', 'a: 1\n', ['b', 'c'], undefined, 'a: 1\n'],
];

for (const [title, before, path, value, after] of changes) {
  test(`edit yaml: ${title}`, (t) => {
    t.is(edited(before, path, value), after);
  });
}

const refused: readonly [title: string, before: string, path: YamlPath][] = [
  ['what is no YAML', 'a: [1\n', ['b']],
  ['a list', '- a\n', ['b']],
  ['a text', 'just text\n', ['b']],
  ['an alias of nothing', 'a: *b\n', ['b']],
  ['what is behind an alias', 'x: &x {b: 1}\nusers: *x\n', ['users', 'c']],
];

for (const [title, before, path] of refused) {
  test(`edit yaml: ${title} is not edited`, (t) => {
    t.throws(() => setInYaml(before, path, 1), { instanceOf: YamlEditError });
  });
}

test('edit yaml: where the text can not be cut, the file is written anew with its comments', (t) => {
  const after = edited('# head\nusers: !!map\n  bob: {files: 1} # him\n', ['users', 'al', 'files'], 2);
  t.deepEqual(parse(after), { users: { bob: { files: 1 }, al: { files: 2 } } });
  t.true(after.includes('# head') && after.includes('# him'));
});

// A file made of pieces that know which lines are theirs.

const NAMES = ['al', 'bob', 'carol', '007', 'yes', '*', 'd.e@f', 'null'];
const KEYS = ['quota', 'files', 'roles', 'networks'];

interface Written {
  readonly lines: readonly string[];
  readonly value: unknown;
}

const gap: fc.Arbitrary<string> = fc.constantFrom('', '', '', '  # a remark', '   # it: {is} [a] remark');
const quoted = (text: string): string =>
  /^[a-z]+[.a-z0-9]*$/.test(text) && !/^(yes|null)$/.test(text) ? text : `'${text}'`;

/** A value, with the text that may follow `key:`. */
const scalar: fc.Arbitrary<Written> = fc
  .tuple(
    fc.constantFrom<[string, unknown]>(['5G', '5G'], ['"1G"', '1G'], ['12', 12], ["'#x'", '#x'], ['0x10', 16]),
    gap,
  )
  .map(([[text, value], remark]) => ({ lines: [` ${text}${remark}`], value }));
const list: fc.Arbitrary<Written> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    fc.constantFrom('flow', 'block', 'block+'),
    gap,
  )
  .map(([value, form, remark]) =>
    form === 'flow'
      ? { lines: [` [${value.join(', ')}]${remark}`], value }
      : {
          lines: [
            remark,
            ...value.map((one, index) => `${form === 'block' ? '' : '  '}- ${one}${index === 0 ? remark : ''}`),
          ],
          value,
        },
  );
const rule: fc.Arbitrary<Written> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), fc.oneof(scalar, list), fc.boolean()), {
    minLength: 1,
    selector: ([key]) => key,
  })
  .map((pairs) => ({
    lines: pairs.flatMap(
      ([
        key,
        {
          lines: [first = '', ...more],
        },
        hasRemark,
      ]) => [...(hasRemark ? [`# about ${key}`, ''] : []), `${key}:${first}`, ...more],
    ),
    value: Object.fromEntries(pairs.map(([key, { value }]) => [key, value])),
  }));

interface FilePiece {
  readonly name: string;
  readonly lines: readonly string[];
  readonly value: unknown;
}

const piece: fc.Arbitrary<Omit<FilePiece, 'name'>> = fc.oneof(
  fc.tuple(rule, gap).map(([{ lines, value }, remark]) => ({
    lines: [remark, ...lines.map((line) => (line === '' ? '' : `  ${line}`))],
    value,
  })),
  gap.map((remark) => ({ lines: [remark], value: null })),
  gap.map((remark) => ({ lines: [` {quota: 1G}${remark}`], value: { quota: '1G' } })),
);

const file = fc.record({
  head: fc.constantFrom('', '# head\n', 'host: a   # address\n\n'),
  pieces: fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), piece, fc.boolean()), {
    selector: ([name]) => name,
    minLength: 1,
  }),
  tail: fc.constantFrom('', '# end\n', '\n\nport: 22 # ssh\n# end', 'groups: {g: {members: [al]}}'),
  windows: fc.boolean(),
});

type File = typeof file extends fc.Arbitrary<infer Value> ? Value : never;

function textOf({ head, pieces, tail, windows }: File): string {
  const users = pieces.flatMap(
    ([
      name,
      {
        lines: [first = '', ...more],
      },
      hasRemark,
    ]) => [
      ...(hasRemark ? [`  # about ${name}`] : []),
      `  ${quoted(name)}:${first}`,
      ...more.map((line) => (line === '' ? '' : `  ${line}`)),
    ],
  );
  const text = `${head}users:\n${users.join('\n')}\n${tail}`;
  return windows ? text.replaceAll('\n', '\r\n') : text;
}

const change: fc.Arbitrary<readonly [YamlPath, unknown]> = fc.oneof(
  fc.tuple(
    fc.tuple(fc.constant('users'), fc.constantFrom(...NAMES), fc.constantFrom(...KEYS)),
    fc.oneof(fc.constantFrom<unknown>('7G', 7, undefined), fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', '1'))),
  ),
  fc.tuple(fc.tuple(fc.constant('users'), fc.constantFrom(...NAMES)), fc.constant(undefined)),
);

/** Whether the lines of `part` stand in `whole` in this order. */
function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const line of whole) if (line === part[at]) at += 1;
  return at === part.length;
}

test('edit yaml: any change of any file says what it should, and touches no line of anything else', (t: ExecutionContext) => {
  fc.assert(
    fc.property(file, change, (given, [path, value]) => {
      const before = textOf(given);
      const after = setInYaml(before, path, value);
      const wanted = yamlContent(before) as { users: Record<string, Record<string, unknown> | null> };
      const [, name = '', key] = path.map(String);
      if (key === undefined) delete wanted.users[name];
      else if (value !== undefined) wanted.users[name] = { ...wanted.users[name], [key]: value };
      else if (wanted.users[name] && key in wanted.users[name]) delete wanted.users[name][key];
      const said = yamlContent(after);
      if (JSON.stringify(sorted(said)) !== JSON.stringify(sorted(wanted)))
        throw new Error(`says ${JSON.stringify(said)}`);
      const others = { ...given, pieces: given.pieces.filter(([one]) => one !== name) };
      const kept = textOf(others)
        .split(/\r?\n/)
        // A map that is left empty says so on its line.
        .filter((line) => line.trim() !== '' && (line !== 'users:' || others.pieces.length > 0));
      if (!isSubsequence(kept, after.split(/\r?\n/))) throw new Error(`lost a line in ${after}`);
      if (given.windows !== /\r\n/.test(after)) throw new Error('other line ends');
    }),
    { numRuns: 500 },
  );
  t.pass();
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value)
    .map(([key, one]) => [key, sorted(one)])
    .sort(([one], [other]) => String(one).localeCompare(String(other)));
}
