import test from 'ava';
import type { Attributes } from '../../../src/model/entry.ts';
import {
  attributesResponse,
  dataReply,
  handleResponse,
  limitsResponse,
  nameBytes,
  nameResponse,
  ownersResponse,
  spaceResponse,
  statusResponse,
  versionResponse,
} from '../../../src/sftp/codec/responses.ts';
import { hex, packet, str, u8, u32 } from '../bytes-of.ts';

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
  const reply = dataReply(10);
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

test('responses: VERSION advertises every extension with the version of OpenSSH', (t) => {
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

for (const [what, timeMs, seconds] of [
  ['before 1970', -1, '00000000'],
  ['long before 1970', -1e15, '00000000'],
  ['in 1970', 999, '00000000'],
  ['after 2038', 2 ** 31 * 1000, '80000000'],
  ['the last that fits', 0xffffffff * 1000, 'ffffffff'],
  ['after 2106', 2 ** 33 * 1000, 'ffffffff'],
] as const) {
  test(`responses: a time ${what} becomes the nearest that fits`, (t) => {
    const reply = attributesResponse(1, { ...ATTRIBUTES, accessedMs: timeMs, modifiedMs: timeMs });
    t.is(reply.subarray(-8).toString('hex'), seconds + seconds);
  });
}

test('responses: an owner that the system counts below zero is sent as 32 bits', (t) => {
  const reply = attributesResponse(1, { ...ATTRIBUTES, uid: -2, gid: -1 });
  t.is(reply.subarray(21, 29).toString('hex'), 'fffffffeffffffff');
});
