// A private key in a file, as an identity for the login. Reads the file when its turn comes, and asks for the
// passphrase then.

import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { IdentitySource } from './authentication.ts';
import { ConnectionError } from './connection-error.ts';
import { localError } from './local-error.ts';

const PASSPHRASE_ATTEMPTS = 3;

/**
 * @param options.required whether a key that cannot be used ends the login; otherwise it is passed over.
 * @param options.askPassphrase resolves to the passphrase of the file; without it encrypted keys cannot be used.
 */
export function identityFromFile(
  file: string,
  options: { required?: boolean; askPassphrase?: (file: string) => Promise<string> },
): IdentitySource {
  const { required = false, askPassphrase } = options;
  return async () => {
    let content: Buffer;
    try {
      content = await readFile(file);
    } catch (error) {
      if (required) throw localError(error, file);
      return undefined;
    }
    let key = ssh2.utils.parseKey(content);
    const encrypted = key instanceof Error && /encrypted/i.test(key.message);
    for (
      let attempt = 0;
      encrypted && askPassphrase && attempt < PASSPHRASE_ATTEMPTS && key instanceof Error;
      attempt += 1
    ) {
      const passphrase = await askPassphrase(file);
      if (passphrase === '') break;
      key = ssh2.utils.parseKey(content, passphrase);
    }
    if (!(key instanceof Error)) return key;
    if (!required) return undefined;
    const reason = encrypted ? 'its passphrase is missing or wrong' : 'it is no private key that can be read';
    throw new ConnectionError('authentication', `The key ${file} cannot be used: ${reason}`, { cause: key });
  };
}
