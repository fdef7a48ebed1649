import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { parseUsage, UsageFiles } from '../../src/storage/usage-files.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const USAGE = { bytes: 12, files: 3 };
const boot = (id: string) => async (): Promise<string> => id;

async function folderFor(t: Parameters<typeof temporaryFolder>[0]): Promise<string> {
  return join(await temporaryFolder(t), 'state/usage');
}

test('usage files: nothing is made before something is saved', async (t) => {
  const folder = await folderFor(t);
  const files = new UsageFiles(folder, boot('one'));
  t.is(await files.of('home:alice').load(), undefined);
  await files.of('home:alice').drop();
  await files.close();
  await t.throwsAsync(readdir(folder), { code: 'ENOENT' });
});

test('usage files: what was saved is there after a stop, until it is dropped', async (t) => {
  const folder = await folderFor(t);
  const first = new UsageFiles(folder, boot('one'));
  await first.of('home:alice').save(USAGE);
  await first.of('folder:a/b c').save({ bytes: 0, files: 0 });
  t.deepEqual((await readdir(folder)).sort(), ['folder.a%2Fb%20c.json', 'home.alice.json', 'running']);
  await first.close();
  t.deepEqual((await readdir(folder)).sort(), ['folder.a%2Fb%20c.json', 'home.alice.json']);

  const second = new UsageFiles(folder, boot('two'));
  t.deepEqual(await second.of('home:alice').load(), USAGE);
  t.deepEqual(await second.of('folder:a/b c').load(), { bytes: 0, files: 0 });
  t.is(await second.of('home:a').load(), undefined);
  await second.of('home:alice').drop();
  t.is(await second.of('home:alice').load(), undefined);
  t.deepEqual(await readdir(folder), ['folder.a%2Fb%20c.json']);
});

test('usage files: a killed server leaves what was at rest; a machine that went down leaves nothing', async (t) => {
  const folder = await folderFor(t);
  await new UsageFiles(folder, boot('one')).of('home:alice').save(USAGE);
  const sameBoot = new UsageFiles(folder, boot('one'));
  t.deepEqual(await sameBoot.of('home:alice').load(), USAGE);
  const otherBoot = new UsageFiles(folder, boot('two'));
  t.is(await otherBoot.of('home:alice').load(), undefined);
  t.is(await readFile(join(folder, 'running'), 'utf8'), 'two');
  await otherBoot.of('home:alice').save(USAGE);
  const unknownBoot = new UsageFiles(folder, boot(''));
  t.is(await unknownBoot.of('home:alice').load(), undefined);
});

/**
 * What was wrong: a server that was killed while it wrote such a file left the unfinished one, for good when the tree was
 * not saved again.
 * How reached: kill -9 at the end of a session.
 * What this verifies: the next server removes it.
 */
test('usage files: what a killed server was writing is removed', async (t) => {
  const folder = await folderFor(t);
  await new UsageFiles(folder, boot('one')).of('home:alice').save(USAGE);
  await writeFile(join(folder, 'home.bob.json.new'), '{"by');
  const files = new UsageFiles(folder, boot('one'));
  t.is(await files.of('home:bob').load(), undefined);
  t.deepEqual((await readdir(folder)).sort(), ['home.alice.json', 'running']);
});

/**
 * What was wrong: a file that was there, though to save it had failed at its last step, was not known of and not removed when
 * the tree was changed: after a kill its old number was believed.
 * How reached: a disk that fails when the folder of the file is synced; here a folder in the place of the file.
 * What this verifies: what may be there is removed before the tree is changed, and what is not there is asked for in vain.
 */
test('usage files: what could not be saved to its end is removed, and is nothing to be loaded', async (t) => {
  const folder = await folderFor(t);
  const store = new UsageFiles(folder, boot('one')).of('home:alice');
  const file = join(folder, 'home.alice.json');
  await mkdir(file, { recursive: true });
  await t.throwsAsync(store.save(USAGE));
  await rmdir(file);
  t.is(await store.load(), undefined);
  await writeFile(file, JSON.stringify(USAGE));
  await store.drop();
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.json')),
    [],
  );
});

test('usage files: a folder that can not be read is no empty one', async (t) => {
  const folder = await folderFor(t);
  await mkdir(join(folder, '..'), { recursive: true });
  await writeFile(folder, 'a file in its place');
  const files = new UsageFiles(folder, boot('one'));
  await t.throwsAsync(files.of('home:alice').load(), { code: 'ENOTDIR' });
  await t.throwsAsync(files.of('home:alice').drop(), { code: 'ENOTDIR' });
});

test('usage files: what is no usage is none', async (t) => {
  for (const text of ['', '{', 'null', '[]', '{"bytes":1}', '{"bytes":-1,"files":1}', '{"bytes":1.5,"files":1}']) {
    t.is(parseUsage(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (bytes, files) => {
      t.deepEqual(parseUsage(JSON.stringify({ bytes, files })), { bytes, files });
    }),
  );
});
