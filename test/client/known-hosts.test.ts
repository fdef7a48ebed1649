import { createHmac } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { hostKeyOf } from '../../src/client/host-key.ts';
import {
  judgeHostKey,
  knownHostLine,
  knownHostName,
  knownKeyTypes,
  parseKnownHosts,
} from '../../src/client/known-hosts.ts';

/** A key blob of a type: the type and some bytes, as SSH strings. */
function blobOf(type: string, content: string): Buffer {
  const parts = [type, content].map((text) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  });
  return Buffer.concat(parts);
}

const ours = hostKeyOf(blobOf('ssh-ed25519', 'ours'));
const other = hostKeyOf(blobOf('ssh-ed25519', 'other'));
const rsa = hostKeyOf(blobOf('ssh-rsa', 'rsa'));
const base64 = (key: { blob: Buffer }): string => key.blob.toString('base64');

function judge(text: string, host = 'files.example.org', port = 22, key = ours) {
  return judgeHostKey(parseKnownHosts(text, 'known_hosts'), knownHostName(host, port), key);
}

test('known hosts: a plain line names its host, whatever the case', (t) => {
  const text = `Files.example.org ssh-ed25519 ${base64(ours)} a comment\n`;
  t.is(judge(text).status, 'match');
  t.is(judge(text, 'FILES.example.org').status, 'match');
  t.is(judge(text, 'files.example.net').status, 'unknown');
});

test('known hosts: off port 22 the name has brackets and the port', (t) => {
  const text = `[files.example.org]:2222 ssh-ed25519 ${base64(ours)}`;
  t.is(judge(text, 'files.example.org', 2222).status, 'match');
  t.is(judge(text, 'files.example.org', 22).status, 'unknown');
  t.is(judge(text, 'files.example.org', 2223).status, 'unknown');
});

test('known hosts: patterns match, and a negated one rules the line out', (t) => {
  const text = `*.example.org,10.0.0.?,!secret.example.org ssh-ed25519 ${base64(ours)}`;
  t.is(judge(text).status, 'match');
  t.is(judge(text, '10.0.0.7').status, 'match');
  t.is(judge(text, '10.0.0.77').status, 'unknown');
  t.is(judge(text, 'secret.example.org').status, 'unknown');
  t.is(judge(text, 'example.org').status, 'unknown');
});

test('known hosts: a dot in a pattern is a dot', (t) => {
  t.is(judge(`filesXexample.org ssh-ed25519 ${base64(ours)}`).status, 'unknown');
  t.is(judge(`files.example.org ssh-ed25519 ${base64(ours)}`, 'filesXexample.org').status, 'unknown');
});

test('known hosts: a hashed name is recognised', (t) => {
  const hash = (name: string): string => {
    const salt = Buffer.from('0123456789abcdef0123');
    return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
  };
  t.is(judge(`${hash('files.example.org')} ssh-ed25519 ${base64(ours)}`).status, 'match');
  t.is(
    judge(`${hash('[files.example.org]:2222')} ssh-ed25519 ${base64(ours)}`, 'files.example.org', 2222).status,
    'match',
  );
  t.is(judge(`${hash('files.example.net')} ssh-ed25519 ${base64(ours)}`).status, 'unknown');
  t.is(judge(`|1|broken ssh-ed25519 ${base64(ours)}`).status, 'unknown');
});

test('known hosts: lines that ssh-keygen -H made are recognised', (t) => {
  // `ssh-keygen -H` of the line `[files.example.org]:2222 ssh-ed25519 ...`.
  const text =
    '|1|df5orjZW8B5Vt09+6epU5+Z4aTM=|9757vNDqowGYQ0lD3PwEX3VUuLo= ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBE3UyTSogtIYRpZwqR441xrbKyDN4j7r57m4UEKKUde\n';
  const key = hostKeyOf(Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIBE3UyTSogtIYRpZwqR441xrbKyDN4j7r57m4UEKKUde', 'base64'));
  t.is(judge(text, 'files.example.org', 2222, key).status, 'match');
  t.is(key.fingerprint, 'SHA256:OocJ+8RN2tJj/+zqyDjNpuwgZ+HE1yEcCX/glopWSK0');
});

test('known hosts: another key of the same type is a change, told with its place', (t) => {
  const verdict = judge(`# first\nfiles.example.org ssh-ed25519 ${base64(other)}\n`);
  t.deepEqual(verdict, {
    status: 'changed',
    known: { file: 'known_hosts', line: 2, type: 'ssh-ed25519', fingerprint: other.fingerprint },
  });
});

test('known hosts: a second right key for the host is enough', (t) => {
  const line = (key: { blob: Buffer }): string => `files.example.org ssh-ed25519 ${base64(key)}\n`;
  t.is(judge(line(other) + line(ours)).status, 'match');
});

test('known hosts: a key of another type is no change, but is told', (t) => {
  const verdict = judge(`files.example.org ssh-rsa ${base64(rsa)}\n`);
  t.is(verdict.status, 'unknown');
  t.deepEqual(verdict.status === 'unknown' && verdict.others.map(({ type }) => type), ['ssh-rsa']);
});

test('known hosts: a revoked key is refused, also when another line trusts it', (t) => {
  const text = `files.example.org ssh-ed25519 ${base64(ours)}\n@revoked * ssh-ed25519 ${base64(ours)}\n`;
  t.is(judge(text).status, 'revoked');
});

test('known hosts: certificate authorities, comments and broken lines are passed over', (t) => {
  const text = `@cert-authority * ssh-ed25519 ${base64(ours)}\n# files.example.org ssh-ed25519 x\nfiles.example.org\n\r\n`;
  t.deepEqual(parseKnownHosts(text, 'known_hosts'), []);
  t.is(judge(text).status, 'unknown');
});

test('known hosts: the types that a host is known by come in order, each once', (t) => {
  const text = `files.example.org ssh-rsa ${base64(rsa)}\n* ssh-ed25519 ${base64(ours)}\n* ssh-ed25519 ${base64(other)}\n`;
  const known = parseKnownHosts(text, 'known_hosts');
  t.deepEqual(knownKeyTypes(known, 'files.example.org'), ['ssh-rsa', 'ssh-ed25519']);
  t.deepEqual(knownKeyTypes(known, 'elsewhere.example.org'), ['ssh-ed25519']);
});

test('known hosts: a line that we write is one that we know', (t) => {
  fc.assert(
    fc.property(
      fc.domain(),
      fc.integer({ min: 1, max: 65535 }),
      fc.uint8Array({ minLength: 1 }),
      (host, port, bytes) => {
        const key = hostKeyOf(blobOf('ssh-ed25519', Buffer.from(bytes).toString('hex')));
        const name = knownHostName(host, port);
        return judgeHostKey(parseKnownHosts(`${knownHostLine(name, key)}\n`, 'f'), name, key).status === 'match';
      },
    ),
  );
  t.pass();
});

test('known hosts: no text breaks the reader', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      judge(text);
      return true;
    }),
  );
  t.pass();
});
