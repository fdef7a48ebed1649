// Password hashes as text: PHC strings of the names argon2id and scrypt (the format of the Password Hashing
// Competition, as passlib, libsodium and node-argon2 write it). Reads and writes them; computes nothing.

export type PasswordHash =
  | {
      readonly scheme: 'argon2id';
      readonly memoryKiB: number;
      readonly passes: number;
      readonly lanes: number;
      readonly salt: Buffer;
      readonly key: Buffer;
    }
  | {
      readonly scheme: 'scrypt';
      /** The cost N of RFC 7914 is two to the power of this. */
      readonly logCost: number;
      readonly blockSize: number;
      readonly lanes: number;
      readonly salt: Buffer;
      readonly key: Buffer;
    };

/** `plain`: no PHC string of the two names. `problem` says what is wrong in words, and shows nothing of the text. */
export type ReadHash =
  | { readonly kind: 'hash'; readonly hash: PasswordHash }
  | { readonly kind: 'plain' }
  | { readonly kind: 'problem'; readonly problem: string };

// A check of a password may cost so much and no more, or a slip of the hand in one line stops every login: 256 MiB, and
// about two seconds of one core (argon2id: 256 MiB x 16 passes; scrypt: N x r x p of 2^23).
const MAX_MEMORY_KIB = 256 * 1024;
const MAX_ARGON2_WORK_KIB = 16 * MAX_MEMORY_KIB;
const MAX_SCRYPT_WORK = 2 ** 23;
const MAX_LANES = 16;

const ARGON2ID =
  /^\$argon2id\$v=(\d{1,10})\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,10}),r=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Reads the secret of an account. */
export function readHash(text: string): ReadHash {
  if (text.startsWith('$argon2id$')) return readArgon2id(text);
  if (text.startsWith('$scrypt$')) return readScrypt(text);
  return { kind: 'plain' };
}

/** The PHC string of a hash. `readHash` is its inverse. */
export function writeHash(hash: PasswordHash): string {
  const tail = `${base64(hash.salt)}$${base64(hash.key)}`;
  return hash.scheme === 'argon2id'
    ? `$argon2id$v=19$m=${hash.memoryKiB},t=${hash.passes},p=${hash.lanes}$${tail}`
    : `$scrypt$ln=${hash.logCost},r=${hash.blockSize},p=${hash.lanes}$${tail}`;
}

function readArgon2id(text: string): ReadHash {
  const [, version, m, t, p, salt = '', key = ''] = ARGON2ID.exec(text) ?? [];
  if (version === undefined) return malformed('$argon2id$v=19$m=...,t=...,p=...$SALT$HASH');
  if (Number(version) !== 19) return { kind: 'problem', problem: 'this hash is of another argon2 version than 19' };
  const [memoryKiB, passes, lanes] = [Number(m), Number(t), Number(p)];
  if (memoryKiB > MAX_MEMORY_KIB) return tooMuchMemory(memoryKiB);
  if (lanes < 1 || lanes > MAX_LANES) return outOfRange('p', 1, MAX_LANES);
  if (memoryKiB < 8 * lanes) return outOfRange('m', 8 * lanes, MAX_MEMORY_KIB);
  const maxPasses = Math.floor(MAX_ARGON2_WORK_KIB / memoryKiB);
  if (passes < 1 || passes > maxPasses) return outOfRange('t', 1, maxPasses);
  return withBytes(salt, key, (bytes) => ({ scheme: 'argon2id', memoryKiB, passes, lanes, ...bytes }));
}

function readScrypt(text: string): ReadHash {
  const [, ln, r, p, salt = '', key = ''] = SCRYPT.exec(text) ?? [];
  if (ln === undefined) return malformed('$scrypt$ln=...,r=...,p=...$SALT$HASH');
  const [logCost, blockSize, lanes] = [Number(ln), Number(r), Number(p)];
  if (logCost < 1 || logCost > 20) return outOfRange('ln', 1, 20);
  if (blockSize < 1 || blockSize > 32) return outOfRange('r', 1, 32);
  const memoryKiB = (2 ** logCost * blockSize) / 8;
  if (memoryKiB > MAX_MEMORY_KIB) return tooMuchMemory(memoryKiB);
  const maxLanes = Math.min(MAX_LANES, Math.floor(MAX_SCRYPT_WORK / (2 ** logCost * blockSize)));
  if (lanes < 1 || lanes > maxLanes) return outOfRange('p', 1, maxLanes);
  return withBytes(salt, key, (bytes) => ({ scheme: 'scrypt', logCost, blockSize, lanes, ...bytes }));
}

function withBytes(salt: string, key: string, make: (bytes: { salt: Buffer; key: Buffer }) => PasswordHash): ReadHash {
  const bytes = { salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') };
  if (base64(bytes.salt) !== salt || base64(bytes.key) !== key) {
    return { kind: 'problem', problem: 'the salt or the hash at the end is not base64: is the line cut?' };
  }
  if (bytes.salt.length < 8 || bytes.salt.length > 64) {
    return { kind: 'problem', problem: 'the salt of the hash does not have 8 to 64 bytes: is the line cut?' };
  }
  if (bytes.key.length < 16 || bytes.key.length > 64) {
    return { kind: 'problem', problem: 'the hash does not have 16 to 64 bytes: is the line cut?' };
  }
  return { kind: 'hash', hash: make(bytes) };
}

function malformed(form: string): ReadHash {
  return { kind: 'problem', problem: `this begins like a hash but is not of the form ${form}` };
}

function outOfRange(name: string, min: number, max: number): ReadHash {
  return { kind: 'problem', problem: `the parameter ${name} of the hash is not in ${min}..${max}` };
}

function tooMuchMemory(memoryKiB: number): ReadHash {
  const [asked, most] = [Math.ceil(memoryKiB / 1024), MAX_MEMORY_KIB / 1024];
  return {
    kind: 'problem',
    problem: `the hash asks for ${asked} MiB of memory for each login; at most ${most} are taken`,
  };
}

/** Base64 as PHC strings have it: without padding. */
function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
