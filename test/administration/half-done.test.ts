// What is told, and recorded, of a verb of which a part is done, and of what an account of the machine may not do.

import test from 'ava';
import type { AccountEditor } from '../../src/accounts/account-editor.ts';
import { FileLockedError } from '../../src/accounts/file-lock.ts';
import { createVerbs, type VerbsParts } from '../../src/administration/administer.ts';
import { inWords } from '../../src/administration/in-words.ts';
import type { RulesEditor } from '../../src/administration/rules-editor.ts';
import { AdministrationError } from '../../src/model/administration.ts';
import type { AuditEvent } from '../../src/model/event.ts';

// What was wrong: a user who was removed while somebody held the lock of sshome.yaml was told of, and recorded, as one who
// was not removed; that the rules still name the user was not said at all.
// How reached: `user remove` beside an edit of sshome.yaml that takes more than ten seconds.
// What this verifies: the removal is what is told, with what is left to do.
test('user remove: when the rules are locked, the user is told to be gone, and the rules to name the user', async (t) => {
  const removed: string[] = [];
  const events: AuditEvent[] = [];
  const accounts: Pick<AccountEditor, 'remove'> = { remove: async (user) => void removed.push(user) };
  const rules: Pick<RulesEditor, 'label' | 'edit'> = {
    label: 'sshome.yaml',
    edit: async () => {
      throw new FileLockedError('/srv/.sshome.yaml.lock', 'process 1');
    },
  };
  const parts = { accounts, rules, settle: async () => undefined, hidden: ['/srv/sshome.yaml'] };
  const verbs = createVerbs({ ...(parts as unknown as VerbsParts), audit: (event) => events.push(event) });
  const { remarks } = await verbs.run({
    name: 'user remove',
    call: { operands: ['bob'] },
    administrator: { face: 'library' },
    permit: () => undefined,
  });
  t.deepEqual(removed, ['bob']);
  t.deepEqual(remarks, [
    'sshome.yaml may still name bob, and could not be changed: ' +
      'somebody else is editing this (process 1); if nobody is, remove the lock',
  ]);
  t.is(events.length, 1);
  t.like(events[0], { event: 'admin.user', verb: 'user remove', target: 'bob', outcome: 'ok' });
});

// What was wrong: the command line as another account than the server's showed the error of the system as it was.
// How reached: `user lock` as somebody who may not write the folder of id_passwd.txt.
// What this verifies: it says what to do; over SSH, where no path may show, it stays an error for the log.
test('administration: what an account may not do is told with what to do, where paths may show', (t) => {
  const error = Object.assign(new Error("EACCES: permission denied, open '/srv/.id_passwd.txt.lock'"), {
    code: 'EACCES',
    syscall: 'open',
    path: '/srv/.id_passwd.txt.lock',
  });
  const told = inWords(error, undefined);
  t.true(told instanceof AdministrationError);
  t.regex(String(told), /\/srv\/\.id_passwd\.txt\.lock: .*run it as the one that the server runs as/);
  t.is(inWords(error, ['/srv/id_passwd.txt']), error);
});
