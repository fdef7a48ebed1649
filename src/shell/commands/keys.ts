// keys: one's own public keys.

import { AccountError, type PublicKeyInfo } from '../../model/account.ts';
import { decodeBytes } from '../../model/bytes.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { UsageError } from '../options.ts';
import { EXIT } from '../report.ts';

/** An authorized_keys file is a few kilobytes. */
const MAX_INPUT_BYTES = 65_536;

export const keys: Command = defineCommand({
  name: 'keys',
  summary: 'list, add or remove your public keys',
  details:
    'keys, keys list: each key with its fingerprint. keys add LINE: adds a line as it stands in a .pub file; without LINE it is asked for, or read from the input: ssh ... keys add < id_ed25519.pub. keys remove FINGERPRINT: removes the key.',
  operands: '[list | add [LINE] | remove FINGERPRINT]',
  count: [0, Number.POSITIVE_INFINITY],
  completes: 'nothing',
  options: {},
  literalWords: true,
  run: async (call) => {
    const [action = 'list', ...rest] = call.operands;
    const { account } = call.context;
    if (action === 'list' && rest.length === 0) {
      for (const key of await account.keys()) await show(call, key);
      return EXIT.ok;
    }
    if (action === 'add') {
      const lines = rest.length > 0 ? [rest.join(' ')] : await keyLines(call);
      if (lines.length === 0) throw new AccountError('no key was given');
      for (const line of lines) await show(call, await account.addKey(line), 'added ');
      return EXIT.ok;
    }
    const [fingerprint] = rest;
    if (action === 'remove' && fingerprint !== undefined && rest.length === 1) {
      await show(call, await account.removeKey(fingerprint), 'removed ');
      return EXIT.ok;
    }
    throw new UsageError('list, add or remove?', call.syntax);
  },
});

async function show({ io }: Call, { fingerprint, type, comment }: PublicKeyInfo, what = ''): Promise<void> {
  await io.line(io.shown(`${what}${fingerprint} ${type} ${comment}`.trimEnd()));
}

async function keyLines({ io }: Call): Promise<string[]> {
  if (io.input === undefined) {
    const line = await io.ask('Public key (a line of a .pub file): ');
    return line === undefined || line.trim() === '' ? [] : [line.trim()];
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for (let chunk = await io.input.read(io.signal); chunk !== undefined; chunk = await io.input.read(io.signal)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT_BYTES) throw new AccountError('this is too much for public keys');
  }
  const lines = decodeBytes(Buffer.concat(chunks)).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}
