// Where a download is kept until it is complete.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openPartialFile } from '../../src/client/partial-file.ts';
import { FileError } from '../../src/model/error.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { openDesk } from './desk.ts';

const ANEW = { resume: false, mode: 0o644, pause: () => Promise.resolve() };

/*
 * What was wrong: the second of two downloads into one file took away what the first was writing to, and the first then put
 * the half file of the second in place, and said that all was well.
 * How it was reached: the same download started again while one ran, or a remote folder with both `a` and `a.sshome-part`.
 * What this verifies: the first fails as busy and puts nothing in place; the second ends whole.
 */
test('partial file: of two downloads into one file none puts the half of the other in place', async (t) => {
  const here = await temporaryFolder(t);
  const target = join(here, 'a');
  await writeFile(target, 'old');
  const first = await openPartialFile(target, ANEW);
  await first.file.write(Buffer.from('first'), 0);
  const second = await openPartialFile(target, ANEW);
  await second.file.write(Buffer.from('sec'), 0);
  await t.throwsAsync(first.finish(), { instanceOf: FileError, message: /another download/ });
  t.is(await readFile(target, 'utf8'), 'old');
  const third = await openPartialFile(join(here, 'b'), ANEW);
  await second.file.write(Buffer.from('ond'), 3);
  await second.finish();
  t.is(await readFile(target, 'utf8'), 'second');
  await third.abandon();
  t.deepEqual(await readdir(here), ['a']);
});

test('partial file: one that is given up without content takes nothing of another away', async (t) => {
  const here = await temporaryFolder(t);
  const first = await openPartialFile(join(here, 'a'), ANEW);
  const second = await openPartialFile(join(here, 'a'), ANEW);
  await first.abandon();
  await second.finish();
  t.deepEqual(await readdir(here), ['a']);
});

/*
 * What was wrong: every downloaded file was readable for everybody whom the umask lets, whatever it was on the server, and
 * also where it took the place of a local file that was not.
 * How it was reached: `sshome download host:.ssh/id_ed25519 .`
 * What this verifies: a new file has no more permission than the remote one, and one that is replaced keeps its own.
 */
test('partial file: what only its owner may read stays so', async (t) => {
  const { client, home, here } = await openDesk(t);
  const bitsOf = async (name: string): Promise<number> => (await stat(join(here, name))).mode & 0o777;
  await writeFile(join(home, 'secret'), 'content', { mode: 0o600 });
  await writeFile(join(home, 'public'), 'content', { mode: 0o644 });
  await client.download('secret', join(here, 'new'));
  t.is(await bitsOf('new'), 0o600);
  await writeFile(join(here, 'kept'), 'old', { mode: 0o600 });
  await client.download('public', join(here, 'kept'));
  t.is(await bitsOf('kept'), 0o600);
  t.is(await readFile(join(here, 'kept'), 'utf8'), 'content');
});
