// A move across a border that is broken off: at whatever step that happens, every file is still whole somewhere. What the
// shell and the client make of a move is tested with them.

import test, { type ExecutionContext } from 'ava';
import { FileError } from '../../src/model/error.ts';
import type { Files } from '../../src/model/files.ts';
import { parsePath, type VirtualPath } from '../../src/model/path.ts';
import { type Moved, moveAcross } from '../../src/moving/move-across.ts';
import type { Mover } from '../../src/moving/mover.ts';
import { createHome, type Home } from '../shell/fixtures.ts';
import { mountTrees } from '../storage/mounted-trees.ts';

const FROM = parsePath('/sub');
const TO = parsePath('/shared/design/sub');
const CONTENTS = { 'a.txt': 'alpha', 'deep/b.txt': 'beta', 'deep/er/c.txt': 'gamma', 'z.txt': 'omega' } as const;

async function fullHome(): Promise<Home> {
  const home = createHome({ storage: mountTrees('/shared/design').storage });
  for (const [name, content] of Object.entries(CONTENTS)) await home.write(parsePath(name, FROM), content);
  await home.files.makeLink(parsePath('/sub/link'), 'a.txt');
  return home;
}

/** The same files, whose connection is lost at the call with this number, counted from 1. */
function losing(files: Files, lastCall: number): Files {
  let calls = 0;
  return new Proxy(files, {
    get(target, name: keyof Files) {
      const call = target[name] as (...words: unknown[]) => Promise<unknown>;
      return (...words: unknown[]): Promise<unknown> => {
        calls += 1;
        return calls >= lastCall ? Promise.reject(new FileError('closed')) : call.apply(target, words);
      };
    },
  });
}

function moverOf(files: Files, replace = false): Mover {
  return {
    files,
    replace,
    async *entriesOf(folder) {
      const directory = await files.list(folder);
      const entries = await directory.read(1000);
      await directory.close();
      yield* entries;
    },
    mayGoOn: () => undefined,
    attempt: (_path, work) => work(),
  };
}

async function readIfAny({ read }: Home, path: VirtualPath): Promise<string | undefined> {
  return read(path).then(
    (content) => content.toString(),
    () => undefined,
  );
}

/** Moves with the connection lost at that call; resolves to undefined when it was. */
async function moveLosing(t: ExecutionContext, lastCall: number): Promise<Moved | undefined> {
  const home = await fullHome();
  const moved = await moveAcross(moverOf(losing(home.files, lastCall)), FROM, TO).catch((error: unknown) => {
    t.true(error instanceof FileError && error.code === 'closed', String(error));
    return undefined;
  });
  for (const [name, content] of Object.entries(CONTENTS)) {
    const [original, copy] = [await readIfAny(home, parsePath(name, FROM)), await readIfAny(home, parsePath(name, TO))];
    t.true(original === content || copy === content, `lost at call ${lastCall}: ${name} is ${original}, ${copy}`);
  }
  return moved;
}

test('move across: whenever the connection is lost, every file is whole on one side', async (t) => {
  let lastCall = 1;
  while ((await moveLosing(t, lastCall)) === undefined) lastCall += 1;
  t.true(lastCall > 40, `only ${lastCall} calls`);
});

test('move across: nothing is deleted before all is copied', async (t) => {
  const home = await fullHome();
  const done: string[] = [];
  const { copy, remove } = home.files;
  const files: Files = {
    ...home.files,
    copy: async (...words) => {
      done.push('copy');
      await copy(...words);
    },
    remove: async (path) => {
      done.push('remove');
      await remove(path);
    },
  };
  t.is(await moveAcross(moverOf(files), FROM, TO), 'moved');
  t.is(done.lastIndexOf('copy'), 3);
  t.deepEqual(done.slice(4), ['remove', 'remove', 'remove', 'remove', 'remove']);
  t.deepEqual(await home.names('/'), ['shared']);
});

for (const there of ['a file', 'an empty folder'] as const) {
  test(`move across: ${there} that is in the way is not replaced unless told`, async (t) => {
    const home = await fullHome();
    const from = there === 'a file' ? parsePath('a.txt', FROM) : FROM;
    if (there === 'a file') await home.write(TO, 'in the way');
    else await home.files.makeDirectory(TO);
    await t.throwsAsync(moveAcross(moverOf(home.files), from, TO), { code: 'already-exists' });
    t.deepEqual(await home.names('/sub'), ['a.txt', 'deep', 'link', 'z.txt']);
    t.is(await moveAcross(moverOf(home.files, true), from, TO), 'moved');
  });
}

for (const [what, content] of [
  ['longer', 'alpha and more'],
  ['as long, but newer', 'ALPHA'],
] as const) {
  test(`move across: a file that is ${what} when all has been copied is kept`, async (t) => {
    const home = await fullHome();
    let copies = 0;
    const files: Files = {
      ...home.files,
      copy: async (...words) => {
        await home.files.copy(...words);
        copies += 1;
        if (copies < 4) return;
        const path = parsePath('/sub/a.txt');
        await home.write(path, content);
        await home.files.setAttributes(path, { times: { accessedMs: 0, modifiedMs: Date.now() + 60_000 } });
      },
    };
    const told: string[] = [];
    const mover: Mover = {
      ...moverOf(files),
      attempt: (path, work) =>
        work().catch((error: unknown) => {
          told.push(`${path}: ${error instanceof FileError ? error.code : error}`);
          return false;
        }),
    };
    t.is(await moveAcross(mover, FROM, TO), 'left');
    t.deepEqual(told, ['/sub/a.txt: busy']);
    t.deepEqual(await home.names('/sub'), ['a.txt']);
    t.is((await home.read('/sub/a.txt')).toString(), content);
  });
}
