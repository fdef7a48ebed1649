// One request of each kind, whole packets: what a search for others begins with. Where a handle belongs, one of the
// stand-ins is, which the target of sessions exchanges for real handles.

import { packet, str, u8, u32, u64 } from '../sftp/bytes-of.ts';

/** As long as real handles, so that no length changes. */
export const STAND_INS: Readonly<Record<'file' | 'other' | 'folder', Buffer>> = {
  file: Buffer.from('<handle of /f..>'),
  other: Buffer.from('<handle of /d/g>'),
  folder: Buffer.from('<handle of /...>'),
};

const { file, other, folder } = STAND_INS;
const ATTRIBUTES = [u32(15), u64(5), u32(1000), u32(1000), u32(0o644), u32(1), u32(2)];

const FIELDS: readonly (readonly Buffer[])[] = [
  [u8(3), u32(1), str('/f'), u32(1), u32(0)],
  [u8(3), u32(2), str('/new'), u32(0x1a), ...ATTRIBUTES],
  [u8(4), u32(3), str(other)],
  [u8(5), u32(4), str(file), u64(0), u32(100)],
  [u8(6), u32(5), str(file), u64(3), str('data')],
  [u8(7), u32(6), str('/l')],
  [u8(8), u32(7), str(file)],
  [u8(9), u32(8), str('/f'), ...ATTRIBUTES],
  [u8(10), u32(9), str(file), ...ATTRIBUTES],
  [u8(11), u32(10), str('/d')],
  [u8(12), u32(11), str(folder)],
  [u8(13), u32(12), str('/d/g')],
  [u8(14), u32(13), str('/d/e'), u32(4), u32(0o755)],
  [u8(15), u32(14), str('/d')],
  [u8(16), u32(15), str('d/../f')],
  [u8(17), u32(16), str('.')],
  [u8(18), u32(17), str('/f'), str('/h')],
  [u8(19), u32(18), str('/l')],
  [u8(20), u32(19), str('f'), str('/l')],
  [u8(200), u32(20), str('posix-rename@openssh.com'), str('/f'), str('/d/g')],
  [u8(200), u32(21), str('statvfs@openssh.com'), str('/')],
  [u8(200), u32(22), str('fstatvfs@openssh.com'), str(file)],
  [u8(200), u32(23), str('hardlink@openssh.com'), str('/f'), str('/h')],
  [u8(200), u32(24), str('fsync@openssh.com'), str(file)],
  [u8(200), u32(25), str('lsetstat@openssh.com'), str('/f'), ...ATTRIBUTES],
  [u8(200), u32(26), str('limits@openssh.com')],
  [u8(200), u32(27), str('expand-path@openssh.com'), str('~/f')],
  [u8(200), u32(28), str('copy-data'), str(file), u64(0), u64(0), str(other), u64(0)],
  [u8(200), u32(29), str('check-file-name'), str('/f'), str('md5,sha256'), u64(0), u64(0), u32(256)],
  [u8(200), u32(30), str('check-file-handle'), str(file), str('sha1'), u64(0), u64(4), u32(0)],
  [u8(200), u32(31), str('space-available'), str('/')],
  [u8(200), u32(32), str('home-directory'), str('alice')],
  [u8(200), u32(33), str('users-groups-by-id@openssh.com'), str(u32(1000)), str(u32(0))],
  [u8(200), u32(34), str('vendor-id'), str('v'), str('p'), str('1'), u64(1)],
  [u8(200), u32(35), str('unknown@example.com'), str('x')],
];

export const SFTP_REQUESTS: readonly Buffer[] = FIELDS.map((fields) => packet(...fields));
