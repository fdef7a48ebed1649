// The verbs on the public keys of a user.

import type { PublicKeyInfo } from '../../model/account.ts';
import { printable } from '../../model/printable.ts';
import { defineVerb, said, type Verb } from '../verb.ts';
import { NAME } from './user.ts';

const add = defineVerb({
  name: 'user key add',
  summary: 'Let a public key in (as id_ed25519.pub)',
  operands: [NAME],
  asks: 'public-key',
  changes: true,
  run: async ({ accounts, operands: [user = ''], publicKey }) => {
    await accounts.find(user);
    const key = await accounts.addKey(user, await publicKey());
    return said(`${user} can log in with ${key.type} ${key.fingerprint}`, { user, ...key });
  },
});

const list = defineVerb({
  name: 'user key list',
  summary: 'List the keys of a user',
  operands: [NAME],
  changes: false,
  run: async ({ accounts, operands: [user = ''] }) => {
    const keys = await accounts.keys(user);
    return { rows: keys.map((key) => ({ user, ...key })), lines: keys.map(lineOf), remarks: [] };
  },
});

const remove = defineVerb({
  name: 'user key remove',
  summary: 'Remove the key with this fingerprint',
  operands: [NAME, { name: 'FINGERPRINT', count: 'one', summary: 'as `user key list` shows it, SHA256:...' }],
  changes: true,
  run: async ({ accounts, operands: [user = '', fingerprint = ''] }) => {
    const key = await accounts.removeKey(user, fingerprint);
    return said(`${user} can't log in any more with ${key.type} ${key.fingerprint}`, { user, ...key });
  },
});

export const USER_KEY_VERBS: readonly Verb[] = [add, list, remove];

function lineOf({ fingerprint, type, comment }: PublicKeyInfo): string {
  return `${fingerprint} ${type} ${printable(comment)}`.trimEnd();
}
