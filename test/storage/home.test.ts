import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FileError } from '../../src/model/error.ts';
import { parsePath, ROOT } from '../../src/model/path.ts';
import { chooseJail, type JailKind } from '../../src/storage/choose-jail.ts';
import { openHome } from '../../src/storage/home.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { temporaryFolder } from '../helpers/folder.ts';

const allow = (): void => undefined;

const open = test.macro<
  [JailKind, (t: ExecutionContext, openAs: (user: string) => Promise<Storage>, homes: string) => Promise<void>]
>({
  exec: async (t, jail, run) => {
    const homesDirectory = await temporaryFolder(t);
    const openAs = async (user: string): Promise<Storage> => {
      const storage = await openHome({ homesDirectory, user, jail });
      t.teardown(() => storage.close());
      return storage;
    };
    await run(t, openAs, homesDirectory);
  },
  title: (behaviour = '', jail) => `home (${jail}): ${behaviour}`,
});

for (const jail of ['held', 'portable'] as const) {
  test('the first login makes it, for its owner alone', open, jail, async (t, openAs, homes) => {
    await openAs('alice');
    t.is((await stat(join(homes, 'alice'))).mode & 0o7777, 0o700);
  });

  test('a home that is there is opened as it is', open, jail, async (t, openAs, homes) => {
    await mkdir(join(homes, 'alice'));
    await chmod(join(homes, 'alice'), 0o755);
    await writeFile(join(homes, 'alice/a'), 'content');
    const alice = await openAs('alice');
    t.is((await alice.stat(parsePath('/a'), true, allow)).sizeBytes, 7);
    t.is((await stat(join(homes, 'alice'))).mode & 0o7777, 0o755);
  });

  test(
    'a link or a file in its place is refused, the host path told to nobody',
    open,
    jail,
    async (t, openAs, homes) => {
      await mkdir(join(homes, 'bob'));
      await symlink('bob', join(homes, 'alice'));
      await writeFile(join(homes, 'carol'), '');
      await symlink('nowhere', join(homes, 'dave'));
      for (const user of ['alice', 'carol', 'dave']) {
        const error = await t.throwsAsync(openAs(user), { instanceOf: FileError });
        t.regex(error?.message ?? '', /home of this user|home is not a folder|No such file/);
        t.false(error?.message.includes(homes));
      }
    },
  );

  test('a user name that is no file name is refused', open, jail, async (t, openAs, homes) => {
    for (const user of ['', '.', '..', 'a/b', '../x', '/etc', 'a\0b']) {
      await t.throwsAsync(openAs(user), { instanceOf: FileError });
    }
    t.deepEqual(await readdir(homes), []);
  });

  test('al does not reach alice, nor she him', open, jail, async (t, openAs, homes) => {
    const [al, alice] = [await openAs('al'), await openAs('alice')];
    await writeFile(join(homes, 'al/mine'), 'al');
    await writeFile(join(homes, 'alice/mine'), 'alice');
    for (const target of ['../alice/mine', '/../alice/mine', join(homes, 'alice/mine'), 'ice/mine']) {
      const link = parsePath(`/${encodeURIComponent(target)}`);
      await symlink(target, join(homes, 'al', encodeURIComponent(target)));
      await t.throwsAsync(al.stat(link, true, allow), { instanceOf: FileError });
      await t.throwsAsync(al.open(link, { read: true }, allow), { instanceOf: FileError });
    }
    for (const path of ['/../alice/mine', '/../../alice/mine', '/alice/mine', '/ice/mine']) {
      await t.throwsAsync(al.stat(parsePath(path), true, allow), { instanceOf: FileError });
    }
    t.is((await al.stat(parsePath('/../mine'), true, allow)).sizeBytes, 2);
    t.is((await alice.stat(parsePath('/mine'), true, allow)).sizeBytes, 5);
  });

  test('a home that is closed answers no more', open, jail, async (t, openAs) => {
    const alice = await openAs('alice');
    alice.close();
    alice.close();
    await t.throwsAsync(alice.stat(ROOT, true, allow), { instanceOf: FileError, message: /closed/ });
  });
}

test('home: this machine has the stronger jail wherever it has /proc', (t) => {
  t.is(chooseJail(), process.platform === 'linux' ? 'held' : 'portable');
});
