// One story of an administrator's, told over each of the three faces: every verb, what it answers, what it leaves in the
// files, and what the audit log has of it.

import { readFile } from 'node:fs/promises';
import test from 'ava';
import { LoginRecords, loginRecordsFolder } from '../../src/accounts/login-records.ts';
import { SecondFactors } from '../../src/accounts/second-factor.ts';
import { VERBS } from '../../src/administration/table.ts';
import { ED25519_KEY } from '../accounts/sample-keys.ts';
import { login } from '../helpers/ssh-client.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { type Answer, type Call, type FaceName, openFace, startAdministered } from './administered-server.ts';

interface Step extends Call {
  /** What the JSON form holds, in part; a RegExp for what is not always the same. */
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  /** The text form of a verb that shows. */
  readonly lines?: readonly (string | RegExp)[];
  readonly error?: string | RegExp;
  readonly status?: 0 | 1 | 2;
}

const FINGERPRINT = /^SHA256:\S{43}$/;

const STORY: readonly Step[] = [
  { verb: 'user add', operands: ['dora'], password: 'a long secret', rows: [{ user: 'dora', keys: 0, rules: [] }] },
  { verb: 'user add', operands: ['dora'], password: 'x', status: 1, error: 'there is a user dora already' },
  { verb: 'user add', operands: ['../x'], password: 'x', status: 1, error: /1 to 64 letters/ },
  { verb: 'user add', operands: ['eve'], password: '', status: 1, error: 'the password must not be empty' },
  { verb: 'user add', operands: [], status: 2, error: /^NAME is missing|^NAME/ },
  { verb: 'user add', operands: ['eve', 'x'], status: 2, error: /^too many/ },
  {
    verb: 'user passwd',
    operands: ['dora'],
    options: { 'must-change': true },
    password: 'another one',
    rows: [{ user: 'dora', locked: false, mustChange: true }],
  },
  { verb: 'user passwd', operands: ['dora'], password: 'short', status: 1, error: /at least 8 characters; this has 5/ },
  { verb: 'user passwd', operands: ['nobody'], password: 'x', status: 1, error: 'there is no such user' },
  { verb: 'user lock', operands: ['dora'], rows: [{ user: 'dora', locked: true }] },
  { verb: 'user lock', operands: ['dora'], status: 1, error: 'dora is locked already' },
  { verb: 'user unlock', operands: ['dora'], rows: [{ user: 'dora', locked: false }] },
  { verb: 'user hash-all', rows: [{ users: ['alice', 'bob', 'mallory'] }] },
  {
    verb: 'user key add',
    operands: ['dora'],
    key: ED25519_KEY,
    rows: [{ user: 'dora', fingerprint: FINGERPRINT, type: 'ssh-ed25519', comment: 'alice@laptop' }],
  },
  { verb: 'user key add', operands: ['dora'], key: 'no key', status: 1, error: /./ },
  { verb: 'user key add', operands: ['nobody'], key: ED25519_KEY, status: 1, error: 'there is no such user' },
  {
    verb: 'user key list',
    operands: ['dora'],
    rows: [{ user: 'dora', fingerprint: FINGERPRINT }],
    lines: [/^SHA256:\S{43} ssh-ed25519 alice@laptop$/],
  },
  { verb: 'user totp status', operands: ['dora'], rows: [{ user: 'dora', totp: false }] },
  { verb: 'user totp status', operands: ['mallory'], rows: [{ user: 'mallory', totp: true, recoveryCodesLeft: 10 }] },
  {
    verb: 'user totp recovery',
    operands: ['mallory'],
    rows: [{ user: 'mallory', recoveryCodes: /^(?:[A-Z2-7-]{19},?){10}$/ }],
  },
  { verb: 'user totp recovery', operands: ['dora'], status: 1, error: 'there is no second factor' },
  { verb: 'user totp disable', operands: ['nobody'], status: 1, error: 'there is no such user' },
  { verb: 'user totp disable', operands: ['mallory'], rows: [{ user: 'mallory', totp: false }] },
  { verb: 'user totp disable', operands: ['mallory'], status: 1, error: 'there is no second factor' },
  {
    verb: 'user list',
    rows: [
      { user: 'alice' },
      { user: 'bob' },
      { user: 'mallory' },
      { user: 'dora', keys: 1, password: 'argon2id', totp: false, mustChange: true },
    ],
    lines: [/^alice {4}argon2id {2}0 keys$/, /^bob /, /^mallory /, /^dora {5}argon2id {2}1 key {3}must change$/],
  },
  {
    verb: 'user set',
    operands: [
      'dora',
      'quota=5G',
      'max-sessions=3',
      'roles=viewer,editor',
      'login-hours=mon-fri 08:00-18:00; sat,sun 10:00-12:00',
    ],
    rows: [
      {
        user: 'dora',
        rules: {
          quota: '5G',
          'max-sessions': 3,
          roles: ['viewer', 'editor'],
          'login-hours': ['mon-fri 08:00-18:00', 'sat,sun 10:00-12:00'],
        },
      },
    ],
  },
  {
    verb: 'user set',
    operands: ['dora', 'roles=', 'login-hours='],
    rows: [{ rules: { quota: '5G', 'max-sessions': 3 } }],
  },
  { verb: 'user set', operands: ['*', 'max-sessions=9'], rows: [{ user: '*', rules: { 'max-sessions': 9 } }] },
  { verb: 'user set', operands: ['nobody', 'quota=1G'], status: 1, error: 'there is no such user' },
  {
    verb: 'user set',
    operands: ['dora', 'rolez=x'],
    status: 2,
    error: /"rolez=x" is not KEY=VALUE, with one of roles, quota/,
  },
  { verb: 'user set', operands: ['dora', '__proto__=x'], status: 2, error: /is not KEY=VALUE/ },
  {
    verb: 'user set',
    operands: ['dora', 'roles=nope'],
    status: 1,
    error: /^nothing was changed:\n.*sshome\.yaml:\d+: users\.dora\.roles: there is no role "nope"/,
  },
  { verb: 'group add', operands: ['team', 'bob', 'dora'], rows: [{ group: 'team', members: ['bob', 'dora'] }] },
  { verb: 'group add', operands: ['team'], status: 1, error: 'there is a group team already' },
  { verb: 'group add', operands: ['other', 'nobody'], status: 1, error: 'there is no user nobody' },
  { verb: 'group join', operands: ['team', 'mallory', 'bob'], rows: [{ members: ['bob', 'dora', 'mallory'] }] },
  { verb: 'group leave', operands: ['team', 'mallory'], rows: [{ members: ['bob', 'dora'] }] },
  { verb: 'group leave', operands: ['team', 'mallory'], status: 1, error: 'mallory is not in the group team' },
  { verb: 'group set', operands: ['team', 'roles=editor'], rows: [{ group: 'team', roles: ['editor'] }] },
  {
    verb: 'group list',
    rows: [{ group: 'team', members: ['bob', 'dora'], roles: ['editor'] }],
    lines: ['team  bob, dora  roles editor'],
  },
  { verb: 'folder list', rows: [], error: 'there is no shared folder' },
  { verb: 'folder add', operands: ['design', 'quota=10G'], rows: [{ folder: 'design', at: '/shared/design' }] },
  { verb: 'folder add', operands: ['inner', 'at=/shared/design/x'], status: 1, error: /do not nest/ },
  {
    verb: 'folder grant',
    operands: ['design', 'editor', 'group:team'],
    rows: [{ folder: 'design', role: 'editor', who: ['group:team'] }],
  },
  { verb: 'folder grant', operands: ['design', 'viewer', 'mallory', 'dora'], rows: [{ who: ['mallory', 'dora'] }] },
  { verb: 'folder grant', operands: ['design', 'viewer', 'nobody'], status: 1, error: 'there is no user nobody' },
  { verb: 'folder grant', operands: ['design', 'nope', 'dora'], status: 1, error: /there is no role "nope"/ },
  {
    verb: 'folder grant',
    operands: ['none', 'viewer', 'dora'],
    status: 1,
    error: 'there is no folder "none"; there are design',
  },
  {
    verb: 'folder set',
    operands: ['design', 'files=1000', 'at=/design'],
    rows: [{ folder: 'design', files: 1000, at: '/design' }],
  },
  {
    verb: 'folder list',
    rows: [
      {
        folder: 'design',
        at: '/design',
        grants: [
          { role: 'editor', users: [], groups: ['team'] },
          { role: 'viewer', users: ['mallory', 'dora'], groups: [] },
        ],
      },
    ],
    lines: ['design  at /design  editor: group:team; viewer: mallory, dora'],
  },
  {
    verb: 'user show',
    operands: ['dora'],
    rows: [
      {
        user: 'dora',
        password: 'argon2id',
        groups: ['team'],
        folders: [
          { folder: 'design', role: 'editor' },
          { folder: 'design', role: 'viewer' },
        ],
        rules: { quota: '5G', 'max-sessions': 3 },
        everybody: { 'max-sessions': 9 },
      },
    ],
    lines: [
      /^user: +dora$/,
      /^password: +argon2id \(must be changed at the next login\)$/,
      /^key: +SHA256:/,
      /^groups: +team$/,
      /^folder: +design as editor$/,
      /^folder: +design as viewer$/,
      /^quota: +5G$/,
      /^max-sessions: +3$/,
    ],
  },
  {
    verb: 'user show',
    operands: ['mallory'],
    rows: [{ groups: [] }],
    lines: [/^user/, /^password/, /^folder/, /^max-sessions: +9 \(as everybody\)$/],
  },
  {
    verb: 'group show',
    operands: ['team'],
    rows: [{ folders: [{ folder: 'design', role: 'editor' }] }],
    lines: [/^group/, /^members/, /^roles/, /^folder: +design as editor$/],
  },
  { verb: 'group show', operands: ['none'], status: 1, error: 'there is no group "none"; there are team' },
  {
    verb: 'folder show',
    operands: ['design'],
    rows: [{ at: '/design', quota: { bytes: 10 * 1024 ** 3, files: 1000 } }],
    lines: [
      /^folder/,
      /^at: +\/design$/,
      /^quota: +10737418240 bytes$/,
      /^files: +1000$/,
      /^grant: +editor: group:team$/,
      /^grant: +viewer: mallory, dora$/,
    ],
  },
  {
    verb: 'role list',
    rows: [
      { role: 'owner', builtIn: true, users: ['alice'] },
      { role: 'editor', groups: ['team'], folders: ['design'] },
      { role: 'viewer', folders: ['design'] },
      { role: 'dropbox' },
      { role: 'admin', users: ['alice'] },
    ],
    lines: [
      /^owner +built in +alice$/,
      /^editor +built in +group:team, in the folder design$/,
      /^viewer/,
      /^dropbox +built in$/,
      /^admin +built in +alice$/,
    ],
  },
  {
    verb: 'role show',
    operands: ['viewer'],
    rows: [{ role: 'viewer', rules: [{ path: '/', allow: ['list', 'download'], deny: [] }] }],
    lines: [/^role/, /^\/: +may list, download$/, /^folders/],
  },
  { verb: 'role show', operands: ['none'], status: 1, error: /there is no role "none"; there are owner/ },
  { verb: 'folder revoke', operands: ['design', 'group:team', 'dora'], rows: [{ who: ['group:team', 'dora'] }] },
  { verb: 'folder revoke', operands: ['design', 'dora'], status: 1, error: 'dora has no role in design by that name' },
  { verb: 'ban list', rows: [], error: 'no source has a penalty' },
  {
    verb: 'ban add',
    operands: ['198.51.100.0/24'],
    options: { for: '2h', reason: 'a scanner' },
    rows: [{ source: '198.51.100.0/24', reason: 'a scanner', isEnforced: true }],
  },
  {
    verb: 'ban add',
    operands: ['198.51.100.0/24'],
    options: { for: 'ever' },
    status: 2,
    error: /--for: "ever" is no time/,
  },
  { verb: 'ban add', operands: ['somewhere'], status: 1, error: /"somewhere" is no address and no network/ },
  { verb: 'ban add', operands: ['127.0.0.0/8'], status: 1, error: /exempt|connected from/ },
  {
    verb: 'ban list',
    rows: [{ source: '198.51.100.0/24', lastOffence: 'ban' }],
    lines: [/^198\.51\.100\.0\/24 +turned away until \S+ {2}ban {2}a scanner$/],
  },
  {
    verb: 'ban remove',
    operands: ['198.51.100.7'],
    status: 1,
    error: '198.51.100.7 is in 198.51.100.0/24, which is banned as a whole',
  },
  { verb: 'ban remove', operands: ['198.51.100.0/24'], rows: [{ source: '198.51.100.0/24' }] },
  { verb: 'ban remove', operands: ['198.51.100.0/24'], status: 1, error: '198.51.100.0/24 has no penalty' },
  {
    verb: 'session list',
    options: { user: 'bob' },
    rows: [{ user: 'bob', address: '127.0.0.1', files: [] }],
    lines: [/^[0-9a-f]{10} {2}bob {2}127\.0\.0\.1 {2}since \S+ \S+ UTC {2}idle \d+\w {2}\S+ in {2}\S+ out {2}\S+/],
  },
  { verb: 'session kill', status: 2, error: /name a session, or a user with --user/ },
  { verb: 'session kill', operands: ['0000000000'], status: 1, error: 'there is no session with this id' },
  { verb: 'session kill', options: { user: 'mallory' }, status: 1, error: 'mallory has no session' },
  { verb: 'session kill', options: { user: 'bob' }, rows: [{ user: 'bob' }] },
  {
    verb: 'quota show',
    rows: [
      { name: 'dora', maxBytes: 5 * 1024 ** 3 },
      { name: 'folder:design', maxBytes: 10 * 1024 ** 3, maxFiles: 1000 },
    ],
  },
  { verb: 'quota scan', rows: [{ name: 'dora' }, { name: 'folder:design' }] },
  {
    verb: 'audit',
    options: { event: 'admin.ban', outcome: 'ok', limit: '1' },
    rows: [{ event: 'admin.ban', verb: 'ban remove', target: '198.51.100.0/24', outcome: 'ok' }],
    lines: [/^\S+ info admin\.ban face=\S+ .*verb="ban remove" target=198\.51\.100\.0\/24/],
  },
  {
    verb: 'audit',
    options: { event: 'admin.ban', outcome: 'ok', csv: true, limit: '1' },
    rows: [{ verb: 'ban remove' }],
    lines: [/^timestamp,level,event,user,/, /,admin\.ban,.*,ban remove,198\.51\.100\.0\/24,/],
  },
  { verb: 'audit', options: { since: 'once' }, status: 2, error: /--since: "once" is no time/ },
  { verb: 'audit', options: { address: 'here' }, status: 2, error: /"here" is no address/ },
  { verb: 'audit', options: { limit: '0' }, status: 2, error: /--limit/ },
  { verb: 'audit', options: { path: '/nowhere' }, rows: [], lines: [], error: 'there is no such record' },
  { verb: 'folder remove', operands: ['design'], rows: [{ folder: 'design' }] },
  { verb: 'folder remove', operands: ['design'], status: 1, error: 'there is no folder "design"; there are none' },
  { verb: 'group remove', operands: ['team'], rows: [{ group: 'team' }] },
  {
    verb: 'user key remove',
    operands: ['dora', 'SHA256:x'],
    status: 1,
    error: 'there is no key with this fingerprint',
  },
  { verb: 'user set', operands: ['*', 'max-sessions='], rows: [{ rules: {} }] },
  { verb: 'user remove', operands: ['dora'], rows: [{ user: 'dora' }] },
  { verb: 'user remove', operands: ['dora'], status: 1, error: 'there is no such user' },
];

const FACES: readonly FaceName[] = ['cli', 'exec', 'library'];

test('administration: the story has every verb, with something that works, and but for what removes keys it does', (t) => {
  const told = new Set(STORY.map(({ verb }) => verb));
  t.deepEqual([...told].sort(), VERBS.map(({ name }) => name).sort());
});

for (const face of FACES) {
  test(`administration: every verb over ${face} answers the same, changes the same and is recorded`, async (t) => {
    t.timeout(180_000);
    const target = await startAdministered(t);
    const records = new LoginRecords({ folder: loginRecordsFolder(target.credentials), log: createTestLog() });
    const secondFactors = new SecondFactors({ records });
    await secondFactors.enable(secondFactors.prepare('mallory'), undefined);
    const run = await openFace(t, target, face);
    const bob = await login(t, target, 'bob');
    bob.on('error', () => undefined);
    for (const step of STORY) compare(step, await run(step));
    // What the file was like in the beginning, byte for byte: all that was added is taken out again.
    t.is(
      await readFile(target.config, 'utf8'),
      '# who may what\nusers:\n  alice: {roles: [owner, admin]}   # the boss\ngroups: {}\nfolders: {}\n',
    );
    t.regex(await readFile(target.credentials, 'utf8'), /^(?:(?:alice|bob|mallory):\$argon2id\$.*\n){3}$/);

    const changes = STORY.filter(
      ({ verb, status }) => status !== 2 && VERBS.some(({ name, changes }) => name === verb && changes),
    );
    const recorded = (await target.records()).filter(({ event }) => String(event).startsWith('admin.'));
    t.deepEqual(
      recorded.map(({ verb, target: whom, outcome }) => [verb, whom, outcome]),
      expectedRecords(changes),
    );
    for (const record of recorded) {
      t.is(record['face'], face);
      t.is('hostAccount' in record, face === 'cli');
      t.is(record['user'], face === 'exec' ? 'alice' : undefined);
      t.is(typeof record['sessionId'], face === 'exec' ? 'string' : 'undefined');
    }
    t.notRegex(JSON.stringify(recorded), /secret|another one/);

    function compare(step: Step, answer: Answer): void {
      const { verb, operands = [], status = 0, rows, lines, error = '' } = step;
      const title = `${verb} ${operands.join(' ')}`;
      t.is(answer.status, status, `${title}: ${answer.error}`);
      if (rows !== undefined) {
        t.is(answer.rows.length, rows.length, title);
        for (const [index, row] of rows.entries()) like(answer.rows[index] ?? {}, row, title);
      }
      if (lines !== undefined) {
        t.is(answer.lines.length, lines.length, `${title}: ${answer.lines.join('\n')}`);
        for (const [index, line] of lines.entries()) {
          if (typeof line === 'string') t.is(answer.lines[index], line, title);
          else t.regex(answer.lines[index] ?? '', line, title);
        }
      }
      // A word too many or too few is told by the face, in its own way.
      if (status === 2 && step.error === undefined) return;
      if (typeof error === 'string') t.is(answer.error, error, title);
      else t.regex(answer.error, error, title);
    }

    function like(
      actual: Readonly<Record<string, unknown>>,
      wanted: Readonly<Record<string, unknown>>,
      title: string,
    ): void {
      for (const [key, value] of Object.entries(wanted)) {
        if (value instanceof RegExp) t.regex(String(actual[key]), value, title);
        else t.deepEqual(actual[key], value, `${title}: ${key}`);
      }
    }
  });
}

/** One record for each change that was tried with words that can be read; the target is the first operand. */
function expectedRecords(changes: readonly Step[]): unknown[] {
  return changes.map(({ verb, operands = [], status = 0 }) => [verb, operands[0], status === 0 ? 'ok' : 'refused']);
}
