import test from 'ava';
import fc from 'fast-check';
import {
  groupByServer,
  isRemoteArgument,
  parseDestination,
  parseRemoteArgument,
} from '../../src/cli/remote-argument.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const none = { user: undefined, port: undefined };

test('remote argument: host:path, with and without a user', (t) => {
  t.deepEqual(parseRemoteArgument('host:a/b'), { ...none, host: 'host', path: 'a/b' });
  t.deepEqual(parseRemoteArgument('alice@host:/a'), { ...none, user: 'alice', host: 'host', path: '/a' });
  t.deepEqual(parseRemoteArgument('alice@example.org@host:'), {
    ...none,
    user: 'alice@example.org',
    host: 'host',
    path: '',
  });
  t.deepEqual(parseRemoteArgument('alice@[::1]:a:b'), { ...none, user: 'alice', host: '::1', path: 'a:b' });
  t.deepEqual(parseRemoteArgument('host:~/a'), { ...none, host: 'host', path: 'a' });
  t.deepEqual(parseRemoteArgument('host:~'), { ...none, host: 'host', path: '' });
  t.deepEqual(parseRemoteArgument('host:~bob'), { ...none, host: 'host', path: '~bob' });
});

test('remote argument: an sftp URL, decoded', (t) => {
  t.deepEqual(parseRemoteArgument('sftp://alice@host:2222/a%20b/c'), {
    user: 'alice',
    host: 'host',
    port: 2222,
    path: '/a b/c',
  });
  t.deepEqual(parseRemoteArgument('sftp://host'), { ...none, host: 'host', path: '' });
  t.deepEqual(parseRemoteArgument('sftp://host/~/a'), { ...none, host: 'host', path: 'a' });
  t.deepEqual(parseRemoteArgument('sftp://al%40ice@[::1]:22/'), { user: 'al@ice', host: '::1', port: 22, path: '/' });
});

test('remote argument: a password in a URL is refused', (t) => {
  t.throws(() => parseRemoteArgument('sftp://alice:secret@host/'), { instanceOf: UsageError, message: /password/i });
});

test('remote argument: what names no server is refused', (t) => {
  for (const text of [
    '',
    'file',
    './a:b',
    '/a:b',
    ':path',
    'a@:b',
    'sftp://',
    'sftp:///a',
    'sftp://host/%zz',
    'sftp://host:99999/',
  ]) {
    t.throws(() => parseRemoteArgument(text), { instanceOf: UsageError }, text);
  }
});

test('remote argument: local paths are told from remote ones', (t) => {
  for (const text of ['host:', 'a@host:b', '[::1]:x', 'sftp://host/']) t.true(isRemoteArgument(text), text);
  for (const text of ['a', './a:b', '/a:b', 'dir/a:b', ':']) t.false(isRemoteArgument(text), text);
});

test('remote argument: the destination of connect may have no path', (t) => {
  t.deepEqual(parseDestination('alice@host'), { ...none, user: 'alice', host: 'host', path: '' });
  t.deepEqual(parseDestination('alice@host:docs'), { ...none, user: 'alice', host: 'host', path: 'docs' });
  t.deepEqual(parseDestination('alice@::1'), { ...none, user: 'alice', host: '::1', path: '' });
  t.deepEqual(parseDestination('[::1]'), { ...none, host: '::1', path: '' });
  t.deepEqual(parseDestination('sftp://alice@host:2222'), { user: 'alice', host: 'host', port: 2222, path: '' });
  for (const text of ['', 'alice@', 'a b', 'a/b'])
    t.throws(() => parseDestination(text), { instanceOf: UsageError }, text);
});

test('remote argument: no text does anything but parse or be refused', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseRemoteArgument, parseDestination]) {
        try {
          if (parse(text).host === '') return false;
        } catch (error) {
          if (!(error instanceof UsageError)) return false;
        }
      }
      return true;
    }),
  );
  t.pass();
});

test('remote argument: paths on one server share a connection', (t) => {
  const groups = groupByServer(['a@h:1', 'a@h:2', 'b@h:3', 'a@h:4'].map(parseRemoteArgument));
  t.deepEqual(
    groups.map(({ paths }) => paths),
    [['1', '2', '4'], ['3']],
  );
});
