import test from 'ava';
import type { Attributes } from '../../../src/model/entry.ts';
import {
  attributesResponse,
  DATA_HEAD_BYTES,
  dataReply,
  digestsResponse,
  handleResponse,
  limitsResponse,
  nameBytes,
  nameResponse,
  ownersResponse,
  roomResponse,
  spaceResponse,
  statusResponse,
  versionResponse,
} from '../../../src/sftp/codec/responses.ts';
import { hex, packet, str, u8, u32, u64 } from '../bytes-of.ts';

const ATTRIBUTES: Attributes = {
  kind: 'file',
  mode: 0o100644,
  sizeBytes: 0x100000005,
  uid: 1000,
  gid: 1001,
  linkCount: 1,
  accessedMs: 1999.5,
  modifiedMs: 3000,
};

const GOLDEN_ATTRIBUTES = [
  '0000000f', // size, owner, permissions, times
  '0000000100000005', // size
  '000003e8', // uid
  '000003e9', // gid
  '000081a4', // permissions, with the type
  '00000001', // accessed
  '00000003', // modified
].join('');

test('responses: STATUS', (t) => {
  t.deepEqual(
    statusResponse(7, 4, 'No'),
    hex(
      [
        '00000013', // length
        '65', // STATUS
        '00000007', // id
        '00000004', // FAILURE
        '00000002 4e6f', // text
        '00000000', // language
      ].join(''),
    ),
  );
});

test('responses: HANDLE', (t) => {
  t.deepEqual(
    handleResponse(0xffffffff, Buffer.from([0, 255])),
    hex(
      [
        '0000000b',
        '66', // HANDLE
        'ffffffff',
        '00000002 00ff', // handle
      ].join(''),
    ),
  );
});

test('responses: ATTRS', (t) => {
  t.deepEqual(
    attributesResponse(1, ATTRIBUTES),
    hex(
      [
        '00000025',
        '69', // ATTRS
        '00000001',
        GOLDEN_ATTRIBUTES,
      ].join(''),
    ),
  );
});

test('responses: NAME, with attributes and without, names as the bytes they are', (t) => {
  t.deepEqual(
    nameResponse(2, [
      { name: 'a\udcff', longname: '-rw a\\xff', attributes: ATTRIBUTES },
      { name: '/', longname: '/' },
    ]),
    hex(
      [
        '0000004a',
        '68', // NAME
        '00000002',
        '00000002', // two names
        '00000002 61ff', // name
        '00000009 2d727720615c786666', // longname
        GOLDEN_ATTRIBUTES,
        '00000001 2f',
        '00000001 2f',
        '00000000', // no attributes
      ].join(''),
    ),
  );
});

test('responses: the length of a name in a NAME is known before it is written', (t) => {
  const name = { name: 'ü\udc80', longname: 'x', attributes: ATTRIBUTES };
  t.is(nameResponse(1, [name, name]).length - nameResponse(1, [name]).length, nameBytes(name));
});

test('responses: DATA holds what was read, and no more', (t) => {
  const reply = dataReply(Buffer.alloc(DATA_HEAD_BYTES + 10));
  reply.content.set(Buffer.from('abc'));
  t.is(reply.content.length, 10);
  t.deepEqual(
    reply.end(3, 3),
    hex(
      [
        '0000000c',
        '67', // DATA
        '00000003',
        '00000003 616263', // data
      ].join(''),
    ),
  );
});

test('responses: VERSION advertises every extension, those of OpenSSH with its versions', (t) => {
  const extensions = [
    ['posix-rename@openssh.com', '1'],
    ['statvfs@openssh.com', '2'],
    ['fstatvfs@openssh.com', '2'],
    ['hardlink@openssh.com', '1'],
    ['fsync@openssh.com', '1'],
    ['lsetstat@openssh.com', '1'],
    ['limits@openssh.com', '1'],
    ['expand-path@openssh.com', '1'],
    ['copy-data', '1'],
    ['home-directory', '1'],
    ['users-groups-by-id@openssh.com', '1'],
    ['cancel@sshome.alt', '1'],
    ['check-file', '1'],
    ['check-file-handle', '1'],
    ['check-file-name', '1'],
    ['space-available', '1'],
    ['vendor-id', Buffer.concat([str('sshome'), str('sshome'), str(''), u64(0)])],
  ] as const;
  t.deepEqual(
    versionResponse(),
    packet(u8(2), u32(3), ...extensions.flatMap(([name, version]) => [str(name), str(version)])),
  );
});

test('responses: the reply to statvfs', (t) => {
  t.deepEqual(
    spaceResponse(1, {
      blockBytes: 4096,
      totalBlocks: 10,
      freeBlocks: 9,
      availableBlocks: 8,
      totalFiles: 7,
      freeFiles: 6,
      maxNameBytes: 255,
    }),
    hex(
      [
        '0000005d',
        'c9', // EXTENDED_REPLY
        '00000001',
        '0000000000001000', // f_bsize
        '0000000000001000', // f_frsize
        '000000000000000a', // f_blocks
        '0000000000000009', // f_bfree
        '0000000000000008', // f_bavail
        '0000000000000007', // f_files
        '0000000000000006', // f_ffree
        '0000000000000006', // f_favail
        '0000000000000000', // f_fsid
        '0000000000000002', // f_flag: ST_NOSUID
        '00000000000000ff', // f_namemax
      ].join(''),
    ),
  );
});

test('responses: the reply to limits', (t) => {
  t.deepEqual(
    limitsResponse(1, { packetBytes: 262144, readBytes: 261120, writeBytes: 261120, handles: 128 }),
    hex(
      [
        '00000025',
        'c9',
        '00000001',
        '0000000000040000', // max-packet-length
        '000000000003fc00', // max-read-length
        '000000000003fc00', // max-write-length
        '0000000000000080', // max-open-handles
      ].join(''),
    ),
  );
});

test('responses: the reply to space-available', (t) => {
  t.deepEqual(
    roomResponse(1, {
      blockBytes: 4096,
      totalBlocks: 2 ** 31,
      freeBlocks: 16,
      availableBlocks: 1,
      totalFiles: 0,
      freeFiles: 0,
      maxNameBytes: 255,
    }),
    hex(
      [
        '00000029',
        'c9',
        '00000001',
        '0000080000000000', // bytes on device
        '0000000000010000', // unused bytes on device
        '000007ffffff1000', // bytes available to the user, used ones too
        '0000000000001000', // unused bytes available to the user
        '00001000', // bytes of an allocation unit
      ].join(''),
    ),
  );
});

test('responses: the reply to check-file, and to the request that paramiko sends', (t) => {
  const reply = { algorithm: 'md5', digests: [Buffer.from('aa'), Buffer.from('bb')] };
  t.deepEqual(
    digestsResponse(1, { ...reply, named: false }),
    hex(['00000010', 'c9', '00000001', '00000003 6d6435', '6161', '6262'].join('')),
  );
  t.deepEqual(
    digestsResponse(1, { ...reply, named: true }),
    hex(['0000001e', 'c9', '00000001', '0000000a 636865636b2d66696c65', '00000003 6d6435', '6161', '6262'].join('')),
  );
});

test('responses: the reply to users-groups-by-id', (t) => {
  t.deepEqual(
    ownersResponse(1, ['bob', ''], []),
    hex(
      [
        '00000018',
        'c9',
        '00000001',
        '0000000b', // users: a string that holds strings
        '00000003 626f62',
        '00000000',
        '00000000', // groups
      ].join(''),
    ),
  );
});

for (const [what, timeMs, seconds, signed] of [
  ['long before 1901', -1e15, '00000000', '80000000'],
  ['before 1970', -1, '00000000', 'ffffffff'],
  ['in 1970', 999, '00000000', '00000000'],
  ['after 2038', 2 ** 31 * 1000, '80000000', '7fffffff'],
  ['the last that fits', 0xffffffff * 1000, 'ffffffff', '7fffffff'],
  ['after 2106', 2 ** 33 * 1000, 'ffffffff', '7fffffff'],
  ['that never was', Number.NaN, '00000000', '00000000'],
] as const) {
  test(`responses: a time ${what} becomes the nearest that fits, for clients that read it signed too`, (t) => {
    const attributes = { ...ATTRIBUTES, accessedMs: timeMs, modifiedMs: timeMs };
    t.is(attributesResponse(1, attributes).subarray(-8).toString('hex'), seconds + seconds);
    t.is(attributesResponse(1, attributes, 'signed').subarray(-8).toString('hex'), signed + signed);
    const name = { name: 'n', longname: 'n', attributes };
    t.is(nameResponse(1, [name], 'signed').subarray(-8).toString('hex'), signed + signed);
  });
}

test('responses: an owner that the system counts below zero is sent as 32 bits', (t) => {
  const reply = attributesResponse(1, { ...ATTRIBUTES, uid: -2, gid: -1 });
  t.is(reply.subarray(21, 29).toString('hex'), 'fffffffeffffffff');
});
