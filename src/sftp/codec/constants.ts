// The numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02). Only the server's side of the protocol is here.

/** The one version served; everybody speaks it. */
export const PROTOCOL_VERSION = 3;

/** Packet types a client sends (section 3). */
export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

/** Packet types a server sends (section 3). */
export const RESPONSE = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extendedReply: 201,
} as const;

/** Codes of a STATUS reply (section 7). Codes 6 and 7 are for a client's own use and are never sent. */
export const STATUS = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  opUnsupported: 8,
} as const;

export type StatusCode = (typeof STATUS)[keyof typeof STATUS];

/** The pflags of OPEN (section 6.3). */
export const OPEN_FLAG = {
  read: 0x01,
  write: 0x02,
  append: 0x04,
  create: 0x08,
  truncate: 0x10,
  exclusive: 0x20,
} as const;

/** Which fields an ATTRS holds (section 5). */
export const ATTRIBUTE_FLAG = {
  size: 0x01,
  owner: 0x02,
  permissions: 0x04,
  times: 0x08,
  extended: 0x80000000,
} as const;

/** Bits of f_flag in a statvfs reply (OpenSSH PROTOCOL, section 4.4). */
export const SPACE_FLAG = { readOnly: 0x1, noSetId: 0x2 } as const;

/** The longest READ answered and WRITE asked for: what OpenSSH says in limits@openssh.com (255 KiB). */
export const MAX_DATA_BYTES: number = 255 * 1024;

/** The longest packet a client should send, as limits@openssh.com says it (256 KiB). */
export const MAX_PACKET_BYTES: number = 256 * 1024;
