// The bits of `st_mode` as ten characters: how a SFTP listing, the shell and the command line show them alike.

/** By the type bits of `st_mode`. Not an object: Biome 2.6 rewrites octal keys, and to wrong numbers. */
const TYPE_LETTERS: ReadonlyMap<number, string> = new Map([
  [0o010000, 'p'],
  [0o020000, 'c'],
  [0o040000, 'd'],
  [0o060000, 'b'],
  [0o100000, '-'],
  [0o120000, 'l'],
  [0o140000, 's'],
]);

/** As strmode(3) has it: `drwxr-xr-x`, with the set-id and sticky bits `-rwsr-Sr-t`. */
export function modeText(mode: number): string {
  return (
    (TYPE_LETTERS.get(mode & 0o170000) ?? '?') +
    permissionText(mode >> 6, (mode & 0o4000) !== 0, 's') +
    permissionText(mode >> 3, (mode & 0o2000) !== 0, 's') +
    permissionText(mode, (mode & 0o1000) !== 0, 't')
  );
}

function permissionText(bits: number, isSpecial: boolean, special: string): string {
  const execute = (bits & 1) !== 0;
  const last = isSpecial ? (execute ? special : special.toUpperCase()) : execute ? 'x' : '-';
  return (bits & 4 ? 'r' : '-') + (bits & 2 ? 'w' : '-') + last;
}
