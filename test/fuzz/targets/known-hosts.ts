// known_hosts files, as people and other programs write them.

import { hostKeyOf } from '../../../src/client/host-key.ts';
import {
  judgeHostKey,
  knownHostLine,
  knownHostName,
  knownKeyTypes,
  parseKnownHosts,
} from '../../../src/client/known-hosts.ts';
import { str } from '../../sftp/bytes-of.ts';
import { holds, pure, type Target } from '../target.ts';

const KEY = hostKeyOf(Buffer.concat([str('ssh-ed25519'), str(Buffer.alloc(32, 1))]));
const OTHER = hostKeyOf(Buffer.concat([str('ssh-ed25519'), str(Buffer.alloc(32, 2))]));
const NAME = knownHostName('host.example.com', 2222);
const base64 = KEY.blob.toString('base64');

export const knownHosts: Target = {
  name: 'known-hosts',
  invariant:
    'any file is read; a key added at its end is known by it unless a line revokes that key, and a key is never known that stands in no line',
  covers: ['/src/client/known-hosts', '/src/client/host-key'],
  dictionary: [
    NAME,
    'ssh-ed25519 ',
    base64,
    '@revoked ',
    '@cert-authority ',
    '|1|',
    '|',
    ',',
    '!',
    '*',
    '?',
    '\n',
    '#',
  ],
  seeds: [
    `${knownHostLine(NAME, KEY)}\n`,
    `@revoked * ssh-ed25519 ${base64}\n`,
    `*.example.com,!*bad,[10.0.0.?]:2222 ssh-ed25519 ${base64} comment\r\n# x\n\n`,
    `|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|Jh1kQGG5lm1ZfwIwZ6SdvZmcAWA= ssh-ed25519 ${base64}\n`,
    `@cert-authority *.example.com ssh-ed25519 ${base64}\n`,
  ],
  maxBytes: 4096,
  begin: pure((input) => {
    const text = input.toString('latin1');
    const known = parseKnownHosts(text, 'known_hosts');
    const before = judgeHostKey(known, NAME, KEY);
    const holdsKey = known.some(({ blob }) => blob.equals(KEY.blob));
    holds(holdsKey || before.status === 'unknown' || before.status === 'changed', 'known by no line');
    judgeHostKey(known, 'other', OTHER);
    const types = knownKeyTypes(known, NAME);
    holds(new Set(types).size === types.length, 'a type comes twice');
    const added = parseKnownHosts(`${text}\n${knownHostLine(NAME, KEY)}\n`, 'known_hosts');
    const after = judgeHostKey(added, NAME, KEY).status;
    holds(after === (before.status === 'revoked' ? 'revoked' : 'match'), `an added key is judged ${after}`);
  }),
};
