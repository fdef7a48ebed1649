import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { inRepository, temporaryFolder } from '../helpers/folder.ts';
import { runProgram } from '../helpers/program.ts';

const RULES = `
roles: { auditor: { rules: [{ path: /, allow: [list] }, { path: /reports, allow: [download] }] } }
folders: { design: { grants: [{ role: editor, users: [alice] }] } }
users: { bob: { roles: [auditor] } }
`;

async function explain(t: ExecutionContext, words: readonly string[], rules = RULES) {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'sshome.yaml'), rules);
  await writeFile(join(folder, 'id_passwd.txt'), 'alice:a\nbob:b\n', { mode: 0o600 });
  const program = inRepository('build/src/main.js');
  const { status, stdout, stderr } = await runProgram(t, process.execPath, [program, 'access', 'explain', ...words], {
    folder,
  });
  return { status, stdout: stdout.toString('utf8'), stderr };
}

test('access: explain says yes or no, and by which rule, without a server', async (t) => {
  t.timeout(30_000);
  t.deepEqual(await explain(t, ['bob', 'download', '/reports/2026.pdf']), {
    status: 0,
    stdout: 'yes: bob, download, /reports/2026.pdf: the role auditor allows download at /reports\n',
    stderr: '',
  });
  t.deepEqual(await explain(t, ['bob', 'download', 'x/../notes.txt']), {
    status: 1,
    stdout: 'no: bob, download, /notes.txt: no rule mentions download there, in auditor\n',
    stderr: '',
  });
});

test('access: explain answers as JSON', async (t) => {
  t.timeout(30_000);
  const { status, stdout } = await explain(t, ['bob', 'list', '/shared/design', '--json']);
  t.is(status, 1);
  t.deepEqual(JSON.parse(stdout), {
    user: 'bob',
    action: 'list',
    path: '/shared/design',
    decision: 'hidden',
    reason: { by: 'no-grant', folder: 'design', text: 'the shared folder design is granted to others' },
  });
});

test('access: explain remarks on a user who is not there, and refuses what is no action, and a broken file', async (t) => {
  t.timeout(30_000);
  const stranger = await explain(t, ['alcie', 'list', '/']);
  t.is(stranger.stderr, 'sshome: id_passwd.txt has no user alcie; this is what such a one could do\n');
  const misspelt = await explain(t, ['bob', 'read', '/']);
  t.is(misspelt.status, 2);
  t.regex(misspelt.stderr, /Choices: "list", "download"/);
  const broken = await explain(t, ['bob', 'list', '/'], 'users: { bob: { roles: [x] } }\n');
  t.is(broken.status, 1);
  t.regex(broken.stderr, /^sshome: sshome\.yaml:1: users\.bob\.roles: there is no role "x"/);
});

test('access: explain tells when nobody ever asks', async (t) => {
  t.timeout(30_000);
  const share = await explain(t, ['carol', 'share', '/notes.txt', '--json']);
  t.is(share.status, 0);
  t.is(JSON.parse(share.stdout).decision, 'allow');
  t.regex(share.stderr, /^sshome: nothing in this version asks for share: it opens no way, allowed or not\n/);
  const rules = 'folders: { design: { grants: [{ role: admin, users: [alice] }] } }\n';
  const inFolder = await explain(t, ['alice', 'administer', '/shared/design'], rules);
  t.is(inFolder.stderr, 'sshome: administer is asked of / alone: here it opens no way, allowed or not\n');
  t.is((await explain(t, ['alice', 'administer', '/'], rules)).stderr, '');
});
