// What the rows are called, so that the parts that measure and the report that judges speak of the same ones. Pure.

export const BULK_CIPHERS = ['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com'] as const;
export type Direction = 'get' | 'put';

export function bulkOperation(direction: Direction, cipher: string): string {
  return `${direction} ${cipher.replace('@openssh.com', '')}`;
}

export const SMALL_OPERATIONS = { put: 'put -r', get: 'get -r', delete: 'delete' } as const;

export function listingOperation(entries: number): string {
  return `ls -l of ${entries.toLocaleString('en')}`;
}

/** By what both agree on unasked, and by the key exchange that all servers have. */
export const LOGIN_OPERATIONS = { default: 'login', curve25519: 'login curve25519' } as const;

export function idleOperation(sessions: number): string {
  return `${sessions.toLocaleString('en')} idle sessions`;
}

export const MANY_OPERATIONS = { total: 'total', spread: 'slowest by fastest' } as const;

export function distanceOperation(direction: Direction): string {
  return `${direction} at 100 ms`;
}

export function clientOperation(direction: Direction, server: string): string {
  return `${direction} of ${server}`;
}
