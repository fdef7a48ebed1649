// What the machine may do to a server: a clock that jumps, no names for users and hosts, a terminal that went away, and
// errors of its own that nobody caught.

import test from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import { startUnderTest, worksFor } from './server-under-test.ts';

test('surroundings: a clock that jumps a day ahead, and back, ends no session and no transfer', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, {
    injected: true,
    settings: { 'keepalive-interval': '1s', 'unused-timeout': '1m', 'idle-timeout': '1m', upload: 'atomic' },
  });
  const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
  const file = await alice.files.open(parsePath('/a'), { write: true, create: true });
  for (const jump of ['ahead', 'back', 'ahead']) {
    server.child.kill('SIGUSR2');
    await file.write(Buffer.from(jump), 0);
    await worksFor(t, bob, jump);
    await worksFor(t, await server.connect('mallory'));
  }
  await file.close();
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
});

test('surroundings: an error that nobody caught is one record with an id, and ends nothing', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t, { injected: true });
  const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
  const file = await alice.files.open(parsePath('/a'), { write: true, create: true });
  server.child.kill('SIGWINCH');
  const errors = async () => (await server.records()).filter((record) => 'error' in record);
  await until(async () => (await errors()).length >= 2);
  await file.write(Buffer.from('content'), 0);
  await file.close();
  await worksFor(t, bob);
  const records = await errors();
  t.is(records.length, 2);
  for (const words of ['thrown by the test', 'rejected by the test']) {
    const [record] = records.filter(({ error }) => String(error).includes(words));
    t.regex(String(record?.['id']), /^[0-9a-f]{8}$/);
    t.is(record?.['level'], 'error');
  }
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
});

test('surroundings: nobody reads what it says: the server goes on, and its log file is whole', async (t) => {
  t.timeout(60_000);
  const server = await startUnderTest(t);
  server.child.stderr?.destroy();
  server.child.stdout?.destroy();
  await worksFor(t, await server.connect('alice'));
  await worksFor(t, await server.connect('bob'));
  await until(async () => (await server.records()).filter(({ event }) => event === 'file.upload').length === 2);
  t.deepEqual(
    (await server.records()).filter((record) => 'error' in record),
    [],
  );
  server.child.kill('SIGTERM');
  t.is(await server.ended, 0);
});

test('surroundings: without a name service, as a user who has no name', async (t) => {
  t.timeout(60_000);
  // Files that name users, groups and hosts, and tell where to ask, are empty in this one's view.
  const empty = ['passwd', 'group', 'hosts', 'resolv.conf', 'nsswitch.conf'].map(
    (name) => `if [ -e /etc/${name} ]; then mount --bind /dev/null /etc/${name}; fi`,
  );
  const script = [...empty, 'exec setpriv --reuid=54321 --regid=54321 --clear-groups -- "$@"'].join(' && ');
  const prefix = ['unshare', '--mount', 'bash', '-c', script, 'bash'];
  const [program = '', ...words] = prefix;
  const tried = await runProgram(t, program, [...words, 'true']);
  if (tried.status !== 0) {
    t.log(`passed over: not allowed here: ${tried.stderr.trim()}`);
    t.pass();
    return;
  }
  const server = await startUnderTest(t, { prefix, owner: 54321, settings: { keys: 'keys' } });
  const alice = await server.connect('alice');
  await worksFor(t, alice);
  t.is((await alice.stat('honest')).uid, 54321);
  await worksFor(t, await server.connect('bob'));
});
