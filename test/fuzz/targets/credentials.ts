// id_passwd.txt, and edits of single lines of it.

import { parseCredentials } from '../../../src/accounts/credentials-file.ts';
import { linesOf } from '../../../src/accounts/edit-lines.ts';
import { foldUserName } from '../../../src/model/user-name.ts';
import { holds, pure, type Target } from '../target.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$cCMWjRwRmuIWZ8B0n7SBM5zYAmIfqaGb8DjBRrrBtB8';

export const credentials: Target = {
  name: 'credentials',
  invariant:
    'any file is accounts and remarks; no name comes twice; no remark shows a secret; a line changed by its number changes that account and no other',
  covers: [
    '/src/accounts/credentials-file',
    '/src/accounts/password-hash',
    '/src/accounts/edit-lines',
    '/src/model/user-name',
  ],
  dictionary: [
    'user1:',
    ':',
    '\n',
    '\r\n',
    '#',
    '\ufeff',
    '$argon2id$',
    '$scrypt$ln=',
    'v=19$',
    'm=',
    ',t=',
    ',p=',
    ',r=',
    '$2b$',
    HASH,
  ],
  seeds: [
    'user1:pass1\nuser2:pass:two\n# comment\n\n',
    `\ufeffalice:${HASH}\r\nbob:x\r\n`,
    'carol:$scrypt$ln=15,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$cCMWjRwRmuIWZ8B0n7SBM5zYAmIfqaGb8DjBRrrBtB8\nAlice:a\nalice:b',
    'dave:$2b$10$abcdefghijklmnopqrstuv\n:x\nnocolon\n',
  ],
  maxBytes: 4096,
  begin: pure((input) => {
    const { accounts, problems, warnings } = parseCredentials(input);
    const names = accounts.map(({ user }) => foldUserName(user));
    holds(new Set(names).size === names.length, 'a name comes twice');
    const said = [...problems, ...warnings].map(({ text }) => text).join('\n');
    for (const { secret } of accounts) holds(secret.length < 12 || !said.includes(secret), 'a remark shows a secret');
    if (problems.length > 0) return;
    const text = input.toString('utf8');
    holds(linesOf(text).toString() === text, 'a text without changes is another');
    const [first] = accounts;
    if (first === undefined) return;
    const lines = linesOf(text);
    lines.set(first.line, `${first.user}:changed`);
    lines.append('somebody.else:new');
    const after = parseCredentials(Buffer.from(lines.toString())).accounts.map(
      ({ user, secret }) => `${user}:${secret}`,
    );
    const wanted = accounts.map(({ user, secret }) => `${user}:${user === first.user ? 'changed' : secret}`);
    const hadElse = names.includes('somebody.else');
    holds(
      after.join('\n') === [...wanted, ...(hadElse ? [] : ['somebody.else:new'])].join('\n'),
      'an edit changed more',
    );
  }),
};
