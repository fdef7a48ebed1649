// ML-KEM-768 (FIPS 203): by Node where it has it, in JavaScript where it has not. Knows nothing of SSH.

import * as crypto from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';

/** FIPS 203, table 3. */
export const ENCAPSULATION_KEY_BYTES = 1184;
export const CIPHERTEXT_BYTES = 1088;

export interface DecapsulationKey {
  /** The public half, of ENCAPSULATION_KEY_BYTES. */
  readonly encapsulationKey: Buffer;
  /** The secret in a ciphertext of CIPHERTEXT_BYTES. One that was tampered with gives another secret, no error. */
  decapsulate(ciphertext: Uint8Array): Buffer;
}

export interface MlKem {
  generateKey(): DecapsulationKey;
  /** @throws Error for a key that fails the encapsulation key check of FIPS 203, section 7.2 */
  encapsulate(encapsulationKey: Uint8Array): { readonly ciphertext: Buffer; readonly secret: Buffer };
}

/** In JavaScript, for every Node. */
export const portableMlKem: MlKem = {
  generateKey: () => {
    const { publicKey, secretKey } = ml_kem768.keygen();
    return {
      encapsulationKey: Buffer.from(publicKey),
      decapsulate: (ciphertext) => Buffer.from(ml_kem768.decapsulate(Uint8Array.from(ciphertext), secretKey)),
    };
  },
  encapsulate: (encapsulationKey) => {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(Uint8Array.from(encapsulationKey));
    return { ciphertext: Buffer.from(cipherText), secret: Buffer.from(sharedSecret) };
  },
};

/** What Node 24.7 added to node:crypto; the types that the oldest Node needs don't know it. */
interface NodeKem {
  generateKeyPairSync(type: 'ml-kem-768'): { publicKey: crypto.KeyObject; privateKey: crypto.KeyObject };
  encapsulate(key: crypto.KeyObject): { sharedKey: ArrayBuffer; ciphertext: ArrayBuffer };
  decapsulate(key: crypto.KeyObject, ciphertext: Uint8Array): ArrayBuffer;
}

/** SubjectPublicKeyInfo of an ML-KEM-768 key up to the key itself (RFC 9935). */
const SPKI_PREFIX = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');

/** Node's own, several times faster; undefined where Node or the OpenSSL it was built with has none. */
export const nodeMlKem: MlKem | undefined = findNodeMlKem();

/** The best there is. */
export const mlKem: MlKem = nodeMlKem ?? portableMlKem;

function findNodeMlKem(): MlKem | undefined {
  if (!('encapsulate' in crypto && 'decapsulate' in crypto)) return undefined;
  const node = crypto as unknown as NodeKem;
  try {
    node.generateKeyPairSync('ml-kem-768');
  } catch {
    // Built with an OpenSSL before 3.5.
    return undefined;
  }
  return {
    generateKey: () => {
      const { publicKey, privateKey } = node.generateKeyPairSync('ml-kem-768');
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      return {
        encapsulationKey: spki.subarray(SPKI_PREFIX.length),
        decapsulate: (ciphertext) => Buffer.from(node.decapsulate(privateKey, ciphertext)),
      };
    },
    encapsulate: (encapsulationKey) => {
      const key = Buffer.concat([SPKI_PREFIX, encapsulationKey]);
      const { ciphertext, sharedKey } = node.encapsulate(crypto.createPublicKey({ key, type: 'spki', format: 'der' }));
      return { ciphertext: Buffer.from(ciphertext), secret: Buffer.from(sharedKey) };
    },
  };
}
