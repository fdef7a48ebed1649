import test from 'ava';
import { REQUEST } from '../../../src/sftp/codec/constants.ts';
import { EXTENSIONS } from '../../../src/sftp/codec/extensions.ts';
import { ProtocolError } from '../../../src/sftp/codec/protocol-error.ts';
import { decodeInit, decodeRequest, type Request } from '../../../src/sftp/codec/requests.ts';
import { hex } from '../bytes-of.ts';

// One field per line: type, id, then the fields of the request, as the draft lists them.
const HANDLE = Buffer.from('h!');
const RANGE = { algorithms: 'sha1,sha256', offset: 2 ** 32, length: 0, blockBytes: 256 };
const CASES: readonly { readonly name?: string; readonly packet: string; readonly request: Request }[] = [
  {
    packet: [
      '03', // OPEN
      '00000001', // id
      '00000002 2f61', // path "/a"
      '0000001a', // pflags WRITE, CREAT, TRUNC
      '00000004', // attributes: permissions
      '000081a4', // 0100644
    ].join(''),
    request: { kind: 'open', id: 1, path: '/a', flags: 0x1a, attributes: { permissions: 0o100644 } },
  },
  {
    packet: [
      '04', // CLOSE
      '00000002',
      '00000002 6821', // handle "h!"
    ].join(''),
    request: { kind: 'close', id: 2, handle: HANDLE },
  },
  {
    packet: [
      '05', // READ
      '00000003',
      '00000002 6821',
      '0000000100000002', // offset 2^32 + 2
      '00008000', // length 32768
    ].join(''),
    request: { kind: 'read', id: 3, handle: HANDLE, offset: 0x100000002, length: 32768 },
  },
  {
    packet: [
      '06', // WRITE
      '00000004',
      '00000002 6821',
      '001fffffffffffff', // offset 2^53 - 1, the largest exact one
      '00000003 000d0a', // data
    ].join(''),
    request: {
      kind: 'write',
      id: 4,
      handle: HANDLE,
      offset: Number.MAX_SAFE_INTEGER,
      data: Buffer.from([0, 13, 10]),
    },
  },
  {
    packet: [
      '07', // LSTAT
      '00000005',
      '00000001 2e', // path "."
    ].join(''),
    request: { kind: 'lstat', id: 5, path: '.' },
  },
  {
    packet: [
      '08', // FSTAT
      '00000006',
      '00000002 6821',
    ].join(''),
    request: { kind: 'fstat', id: 6, handle: HANDLE },
  },
  {
    packet: [
      '09', // SETSTAT
      '00000007',
      '00000001 61', // path "a"
      '0000000f', // all attributes
      '0000000000000000', // size 0
      '000003e8', // uid 1000
      '000003e9', // gid 1001
      '000001ff', // permissions
      '00000001', // accessed
      'ffffffff', // modified
    ].join(''),
    request: {
      kind: 'setstat',
      id: 7,
      path: 'a',
      attributes: {
        size: 0,
        owner: { uid: 1000, gid: 1001 },
        permissions: 0o777,
        times: { accessed: 1, modified: 0xffffffff },
      },
    },
  },
  {
    packet: [
      '0a', // FSETSTAT
      '00000008',
      '00000002 6821',
      '80000000', // extended pairs
      '00000002', // two of them
      '00000001 78', // type
      '00000000', // data
      '00000001 79',
      '00000002 0102',
    ].join(''),
    request: { kind: 'fsetstat', id: 8, handle: HANDLE, attributes: {} },
  },
  {
    packet: [
      '0b', // OPENDIR
      '00000009',
      '00000000', // path ""
    ].join(''),
    request: { kind: 'opendir', id: 9, path: '' },
  },
  {
    packet: [
      '0c', // READDIR
      '0000000a',
      '00000002 6821',
    ].join(''),
    request: { kind: 'readdir', id: 10, handle: HANDLE },
  },
  {
    packet: [
      '0d', // REMOVE
      '0000000b',
      '00000003 61ff62', // a path that is not UTF-8
    ].join(''),
    request: { kind: 'remove', id: 11, path: 'a\udcffb' },
  },
  {
    packet: [
      '0e', // MKDIR
      '0000000c',
      '00000001 64',
      '00000000', // no attributes
    ].join(''),
    request: { kind: 'mkdir', id: 12, path: 'd', attributes: {} },
  },
  {
    packet: [
      '0f', // RMDIR
      '0000000d',
      '00000001 64',
    ].join(''),
    request: { kind: 'rmdir', id: 13, path: 'd' },
  },
  {
    packet: [
      '10', // REALPATH
      '0000000e',
      '00000002 2e2e', // ".."
    ].join(''),
    request: { kind: 'realpath', id: 14, path: '..' },
  },
  {
    packet: [
      '11', // STAT
      '0000000f',
      '00000003 e282ac', // "€"
    ].join(''),
    request: { kind: 'stat', id: 15, path: '€' },
  },
  {
    packet: [
      '12', // RENAME
      '00000010',
      '00000001 61', // from
      '00000001 62', // to
    ].join(''),
    request: { kind: 'rename', id: 16, from: 'a', to: 'b' },
  },
  {
    packet: [
      '13', // READLINK
      '00000011',
      '00000001 6c',
    ].join(''),
    request: { kind: 'readlink', id: 17, path: 'l' },
  },
  {
    packet: [
      '14', // SYMLINK
      '00000012',
      '00000001 61',
      '00000001 62',
    ].join(''),
    request: { kind: 'symlink', id: 18, first: 'a', second: 'b' },
  },
  {
    packet: [
      'c8', // EXTENDED
      'ffffffff', // the largest id
      '00000018 706f7369782d72656e616d65406f70656e7373682e636f6d', // posix-rename@openssh.com
      '00000001 61',
      '00000001 62',
    ].join(''),
    request: { kind: 'posix-rename', id: 0xffffffff, from: 'a', to: 'b' },
  },
  {
    packet: [
      'c8',
      '00000014',
      '00000013 73746174766673406f70656e7373682e636f6d', // statvfs@openssh.com
      '00000001 2f',
    ].join(''),
    request: { kind: 'statvfs', id: 20, path: '/' },
  },
  {
    packet: [
      'c8',
      '00000015',
      '00000014 6673746174766673406f70656e7373682e636f6d', // fstatvfs@openssh.com
      '00000002 6821',
    ].join(''),
    request: { kind: 'fstatvfs', id: 21, handle: HANDLE },
  },
  {
    packet: [
      'c8',
      '00000016',
      '00000014 686172646c696e6b406f70656e7373682e636f6d', // hardlink@openssh.com
      '00000001 61', // existing
      '00000001 62', // new
    ].join(''),
    request: { kind: 'hardlink', id: 22, existing: 'a', path: 'b' },
  },
  {
    packet: [
      'c8',
      '00000017',
      '00000011 6673796e63406f70656e7373682e636f6d', // fsync@openssh.com
      '00000002 6821',
    ].join(''),
    request: { kind: 'fsync', id: 23, handle: HANDLE },
  },
  {
    packet: [
      'c8',
      '00000017',
      '00000011 63616e63656c407373686f6d652e616c74', // cancel@sshome.alt
      '00000002 6821',
    ].join(''),
    request: { kind: 'cancel', id: 23, handle: HANDLE },
  },
  {
    packet: [
      'c8',
      '00000018',
      '00000014 6c73657473746174406f70656e7373682e636f6d', // lsetstat@openssh.com
      '00000001 6c',
      '00000008', // attributes: times
      '00000002',
      '00000003',
    ].join(''),
    request: { kind: 'lsetstat', id: 24, path: 'l', attributes: { times: { accessed: 2, modified: 3 } } },
  },
  {
    packet: [
      'c8',
      '00000019',
      '00000012 6c696d697473406f70656e7373682e636f6d', // limits@openssh.com
    ].join(''),
    request: { kind: 'limits', id: 25 },
  },
  {
    packet: [
      'c8',
      '0000001a',
      '00000017 657870616e642d70617468406f70656e7373682e636f6d', // expand-path@openssh.com
      '00000001 7e', // "~"
    ].join(''),
    request: { kind: 'expand-path', id: 26, path: '~' },
  },
  {
    packet: [
      'c8',
      '0000001b',
      '00000009 636f70792d64617461', // copy-data
      '00000002 6821', // read from
      '0000000000000001', // offset
      '0000000000000000', // length: to the end
      '00000002 6822', // write to
      '0020000000000002', // offset 2^53 + 2
    ].join(''),
    request: {
      kind: 'copy-data',
      id: 27,
      source: HANDLE,
      sourceOffset: 1,
      length: 0,
      target: Buffer.from('h"'),
      targetOffset: 2n ** 53n + 2n,
    },
  },
  {
    packet: [
      'c8',
      '0000001c',
      '0000000e 686f6d652d6469726563746f7279', // home-directory
      '00000003 626f62', // user "bob"
    ].join(''),
    request: { kind: 'home-directory', id: 28, user: 'bob' },
  },
  {
    packet: [
      'c8',
      '0000001d',
      '0000001e 75736572732d67726f7570732d62792d6964406f70656e7373682e636f6d', // users-groups-by-id@openssh.com
      '00000008 00000000 000003e8', // uids 0 and 1000
      '00000004 00000005', // gid 5
    ].join(''),
    request: { kind: 'users-groups-by-id', id: 29, uids: [0, 1000], gids: [5] },
  },
  {
    name: 'check-file',
    packet: [
      'c8',
      '0000001e',
      '0000000a 636865636b2d66696c65', // check-file
      '00000002 6821', // handle
      '0000000b 736861312c736861323536', // algorithms "sha1,sha256"
      '0000000100000000', // from 2^32
      '0000000000000000', // length: to the end
      '00000100', // block size 256
    ].join(''),
    request: { kind: 'check-file', id: 30, file: { by: 'handle', handle: HANDLE, named: true }, ...RANGE },
  },
  {
    name: 'check-file-handle',
    packet: [
      'c8',
      '0000001f',
      '00000011 636865636b2d66696c652d68616e646c65', // check-file-handle
      '00000002 6821', // handle
      '0000000b 736861312c736861323536', // algorithms "sha1,sha256"
      '0000000100000000', // from 2^32
      '0000000000000000', // length: to the end
      '00000100', // block size 256
    ].join(''),
    request: { kind: 'check-file', id: 31, file: { by: 'handle', handle: HANDLE, named: false }, ...RANGE },
  },
  {
    name: 'check-file-name',
    packet: [
      'c8',
      '00000020',
      '0000000f 636865636b2d66696c652d6e616d65', // check-file-name
      '00000002 2f61', // path
      '0000000b 736861312c736861323536', // algorithms "sha1,sha256"
      '0000000100000000', // from 2^32
      '0000000000000000', // length: to the end
      '00000100', // block size 256
    ].join(''),
    request: { kind: 'check-file', id: 32, file: { by: 'name', path: '/a' }, ...RANGE },
  },
  {
    packet: [
      'c8',
      '00000021',
      '0000000f 73706163652d617661696c61626c65', // space-available
      '00000002 2f61', // path
    ].join(''),
    request: { kind: 'space-available', id: 33, path: '/a' },
  },
  {
    packet: [
      'c8',
      '00000022',
      '00000009 76656e646f722d6964', // vendor-id
      '00000001 76', // vendor "v"
      '00000001 70', // product "p"
      '00000003 312e30', // version "1.0"
      '0000000000000007', // build number
    ].join(''),
    request: { kind: 'vendor-id', id: 34, vendor: 'v', product: 'p', version: '1.0' },
  },
];

for (const { packet, request, name = request.kind } of CASES) {
  const bytes = hex(packet);

  test(`requests: ${name} is read field by field`, (t) => {
    t.deepEqual(decodeRequest(bytes), { outcome: 'request', request });
  });

  test(`requests: ${name} with bytes after its last field is read all the same`, (t) => {
    t.deepEqual(decodeRequest(Buffer.concat([bytes, Buffer.from([0, 0, 0, 1, 255])])), { outcome: 'request', request });
  });

  test(`requests: ${name} cut off anywhere is refused`, (t) => {
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length);
      if (length < 5) t.throws(() => decodeRequest(cut), { instanceOf: ProtocolError }, `at ${length}`);
      else t.like(decodeRequest(cut), { outcome: 'malformed', id: request.id }, `at ${length}`);
    }
  });

  test(`requests: ${name} with a length too large anywhere is answered under its id`, (t) => {
    for (let at = 5; at <= bytes.length - 4; at += 1) {
      for (const wrong of [bytes.length, 0x7fffffff, 0x80000000, 0xffffffff]) {
        const changed = Buffer.from(bytes);
        changed.writeUInt32BE(wrong, at);
        const decoded = decodeRequest(changed);
        t.is(decoded.outcome === 'request' ? decoded.request.id : decoded.id, request.id, `${wrong} at ${at}`);
      }
    }
  });
}

test('requests: every request type and every extension has a golden packet', (t) => {
  const types = new Set(CASES.map(({ packet }) => hex(packet).readUInt8(0)));
  t.deepEqual(
    [...types].toSorted((a, b) => a - b),
    Object.values(REQUEST).filter((type) => type !== REQUEST.init),
  );
  const extensions = CASES.map(({ packet }) => hex(packet)).filter((bytes) => bytes.readUInt8(0) === REQUEST.extended);
  t.deepEqual(
    extensions.map((bytes) => bytes.subarray(9, 9 + bytes.readUInt32BE(5)).toString()).toSorted(),
    EXTENSIONS.map(({ name }) => name).toSorted(),
  );
});

test('requests: a type and an extension that are none of ours are unknown, with their id', (t) => {
  t.deepEqual(decodeRequest(hex('63 00000007 00')), { outcome: 'unknown', id: 7, what: 'type 99' });
  t.deepEqual(decodeRequest(hex('c8 00000008 00000002 7840')), { outcome: 'unknown', id: 8, what: 'x@' });
});

test('requests: offsets up to 2^53 - 1 are numbers, larger ones stay exact as bigints', (t) => {
  const offsetOf = (offset: string): unknown => {
    const decoded = decodeRequest(hex(`05 00000001 00000000 ${offset} 00000001`));
    return decoded.outcome === 'request' && decoded.request.kind === 'read' ? decoded.request.offset : undefined;
  };
  t.is(offsetOf('001fffffffffffff'), Number.MAX_SAFE_INTEGER);
  t.is(offsetOf('0020000000000000'), 2n ** 53n);
  t.is(offsetOf('8000000000000000'), 2n ** 63n);
  t.is(offsetOf('ffffffffffffffff'), 2n ** 64n - 1n);
});

test('requests: the data of a WRITE is a part of the packet, not a copy', (t) => {
  const bytes = hex('06 00000001 00000000 0000000000000000 00000002 6162');
  const decoded = decodeRequest(bytes);
  if (decoded.outcome !== 'request' || decoded.request.kind !== 'write') return t.fail();
  t.is(decoded.request.data.buffer, bytes.buffer);
});

test('requests: a lie about the number of extended attributes ends with the packet', (t) => {
  t.like(decodeRequest(hex('09 00000001 00000001 61 80000000 ffffffff')), { outcome: 'malformed', id: 1 });
});

test('requests: a length of 2^32 - 1 in a string is refused', (t) => {
  t.like(decodeRequest(hex('11 00000001 ffffffff 61')), { outcome: 'malformed', id: 1 });
});

test('requests: INIT names a version, whatever extensions follow', (t) => {
  t.is(decodeInit(hex('01 00000003')), 3);
  t.is(decodeInit(hex('01 00000006 00000001 61 00000001 62')), 6);
});

test('requests: what is no INIT, or half of one, ends the session', (t) => {
  t.throws(() => decodeInit(hex('01 000000')), { instanceOf: ProtocolError });
  t.throws(() => decodeInit(hex('11 00000001 00000000')), { instanceOf: ProtocolError });
  t.throws(() => decodeRequest(hex('01 00000003')), { instanceOf: ProtocolError, message: /second INIT/ });
});
