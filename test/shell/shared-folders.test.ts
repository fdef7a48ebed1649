// The shell where shared folders are mounted: what it lists there, what it never deletes, and `move` over a border.

import test, { type ExecutionContext } from 'ava';
import type { Policy } from '../../src/access/policy.ts';
import type { Action } from '../../src/model/action.ts';
import type { Files } from '../../src/model/files.ts';
import { isWithin, parsePath } from '../../src/model/path.ts';
import { deciding } from '../operations/deciding.ts';
import { mountTrees } from '../storage/mounted-trees.ts';
import { createHome, type Home, run } from './fixtures.ts';

const LONG_AGO = { accessedMs: 1_000_000_000_000, modifiedMs: 1_100_000_000_000 };

interface Shared extends Home {
  /** Runs a line; fails unless it ends with `status`. */
  line(text: string, status?: number): Promise<{ text: string; stderr: string }>;
  /** Every file, folder and link, with what is in it. */
  everything(path?: string): Promise<string[]>;
}

/** A home with two files and a folder, and two shared folders, of which one has a file. */
async function openShared(t: ExecutionContext, policy?: Policy): Promise<Shared> {
  const { storage } = mountTrees('/shared/design', '/shared/plans');
  const owner = createHome({ storage });
  await owner.write('a.txt', 'alpha');
  await owner.write('b.txt', 'beta');
  await owner.write('sub/c.txt', 'gamma');
  await owner.write('sub/deep/d.txt', 'delta');
  await owner.files.makeLink(parsePath('sub/link'), 'c.txt');
  await owner.write('/shared/design/logo.svg', 'logo');
  const home = policy === undefined ? owner : { ...owner, files: createHome({ storage, policy }).files };
  return {
    ...home,
    line: async (text, status = 0) => {
      const result = await run({ home }, text);
      t.is(result.status, status, `${text}: ${result.stderr}`);
      return result;
    },
    everything: (path = '/') => everythingIn(owner, path),
  };
}

async function everythingIn(home: Home, path: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await home.names(path)) {
    const inner = path === '/' ? `/${name}` : `${path}/${name}`;
    const { kind } = await home.files.lstat(parsePath(inner));
    if (kind === 'directory') lines.push(`${inner}/`, ...(await everythingIn(home, inner)));
    else if (kind === 'link') lines.push(`${inner} -> ${await home.files.readLink(parsePath(inner))}`);
    else lines.push(`${inner} = ${await home.read(inner)}`);
  }
  return lines;
}

/** Allows all but these actions at or below `path`. */
const allBut = (path: string, ...actions: readonly Action[]): Policy =>
  deciding((action, at) => (isWithin(at, parsePath(path)) && actions.includes(action) ? 'deny' : 'allow'));

test('shared folders: list, tree, find, du and stat go into them', async (t) => {
  const home = await openShared(t);
  t.is((await home.line('list')).text, 'a.txt\nb.txt\nshared\nsub\n');
  t.is((await home.line('list shared')).text, 'design\nplans\n');
  t.is((await home.line('tree shared')).text, 'shared\n├── design\n│   └── logo.svg\n└── plans\n\n2 folders, 1 file\n');
  t.is((await home.line("find / -name '*.svg'")).text, '/shared/design/logo.svg\n');
  t.is((await home.line('du -b shared')).text, '4\tshared/design\n0\tshared/plans\n4\tshared\n');
  t.regex((await home.line('stat shared')).text, /Kind: folder\n.*\n.*Mode: 0555 dr-xr-xr-x/);
  t.regex((await home.line('ls -l shared')).text, /^drwx------ .* design\n/);
  t.is((await home.line('ls sha*/des*')).text, 'logo.svg\n');
});

test('shared folders: df says whose room it is', async (t) => {
  const home = await openShared(t);
  const { text } = await home.line('df / /shared /shared/design /shared/design/logo.svg');
  const mounted = text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/).at(-1));
  t.deepEqual(mounted, ['/', '/', '/shared/design', '/shared/design']);
});

for (const path of ['shared', 'shared/design']) {
  test(`shared folders: delete -r ${path} deletes nothing`, async (t) => {
    const home = await openShared(t);
    const before = await home.everything();
    for (const line of [`delete -r ${path}`, `rm -rf /${path}`, `rmdir ${path}`, `delete ${path}`]) {
      t.regex((await home.line(line, 1)).stderr, /shared folder|Is a directory/);
    }
    t.deepEqual(await home.everything(), before);
  });
}

test('shared folders: what is in one can be deleted', async (t) => {
  const home = await openShared(t);
  await home.write('/shared/design/x/y', '');
  await home.line('delete -r shared/design/x shared/design/logo.svg');
  t.deepEqual(await home.names('/shared/design'), []);
});

test('move: over a border it copies and deletes, with mode and times', async (t) => {
  const home = await openShared(t);
  await home.files.setAttributes(parsePath('a.txt'), { mode: 0o640, times: LONG_AGO });
  t.is((await home.line('move a.txt shared/design')).text, '');
  t.deepEqual(await home.names('/'), ['b.txt', 'shared', 'sub']);
  t.is((await home.read('/shared/design/a.txt')).toString(), 'alpha');
  const { mode, modifiedMs } = await home.files.stat(parsePath('/shared/design/a.txt'));
  t.deepEqual({ mode: mode & 0o777, modifiedMs }, { mode: 0o640, modifiedMs: LONG_AGO.modifiedMs });
  await home.line('mv shared/design/a.txt shared/plans/a');
  await home.line('mv shared/plans/a .');
  t.is((await home.read('/a')).toString(), 'alpha');
  t.deepEqual(await home.names('/shared/design'), ['logo.svg']);
});

test('move: over a border it replaces a file, and takes several', async (t) => {
  const home = await openShared(t);
  await home.line('mv b.txt shared/design/logo.svg');
  t.is((await home.read('/shared/design/logo.svg')).toString(), 'beta');
  await home.write('b.txt', 'new');
  await home.line('mv a.txt b.txt sub shared/plans');
  t.deepEqual(await home.names('/'), ['shared']);
  t.deepEqual(await home.names('/shared/plans'), ['a.txt', 'b.txt', 'sub']);
});

test('move: over a border a folder goes with all that is in it', async (t) => {
  const home = await openShared(t);
  const before = await home.everything('/sub');
  await home.files.setAttributes(parsePath('sub'), { mode: 0o750, times: LONG_AGO });
  await home.line('mv sub shared/design/renamed');
  t.deepEqual(
    await home.everything('/shared/design/renamed'),
    before.map((line) => line.replace('/sub', '/shared/design/renamed')),
  );
  t.deepEqual(await home.names('/'), ['a.txt', 'b.txt', 'shared']);
  const { mode, modifiedMs } = await home.files.stat(parsePath('/shared/design/renamed'));
  t.deepEqual({ mode: mode & 0o777, modifiedMs }, { mode: 0o750, modifiedMs: LONG_AGO.modifiedMs });
});

test('move: over a border an empty folder gives way, nothing else does', async (t) => {
  const home = await openShared(t);
  await home.line('mkdir shared/plans/sub');
  await home.write('/shared/design/full/x', 'x');
  await home.line('mkdir shared/design/sub');
  await home.write('/shared/design/sub/x', 'x');
  await home.write('/shared/design/a.txt/x', 'x');
  await home.write('/shared/plans/link', 'in the way');
  const before = await home.everything();
  t.regex((await home.line('mv sub shared/design', 1)).stderr, /Directory not empty/);
  t.regex((await home.line('mv sub shared/design/logo.svg', 1)).stderr, /Not a directory/);
  t.regex((await home.line('mv a.txt shared/design', 1)).stderr, /Is a directory/);
  t.regex((await home.line('mv sub/link shared/plans', 1)).stderr, /File exists/);
  t.deepEqual(await home.everything(), before);
  await home.line('mv sub shared/plans');
  t.deepEqual(await home.names('/shared/plans/sub'), ['c.txt', 'deep', 'link']);
});

test('move: neither a shared folder nor what is above one goes anywhere', async (t) => {
  const home = await openShared(t);
  const before = await home.everything();
  for (const line of ['mv shared x', 'mv shared/design x', 'mv shared/design shared/plans', 'mv shared shared/plans']) {
    t.not((await home.line(line, 1)).stderr, '');
  }
  t.deepEqual(await home.everything(), before);
});

for (const [title, policy, problem] of [
  ['a file may not be written there', allBut('/shared/design/sub/deep', 'upload'), /deep\/d\.txt: Permission denied/],
  ['no link may be made there', allBut('/shared/design', 'create_symlinks'), /sub\/link: Permission denied/],
  ['no folder may be made there', allBut('/shared/design', 'create_dirs'), /sub: Permission denied/],
  ['a file may not be copied from here', allBut('/sub/c.txt', 'copy'), /sub\/c\.txt: Permission denied/],
] as const) {
  test(`move: over a border, where ${title}, the original stays whole`, async (t) => {
    const home = await openShared(t, policy);
    const before = await home.everything('/sub');
    const { stderr } = await home.line('mv sub shared/design', 1);
    t.regex(stderr, problem);
    t.deepEqual(await home.everything('/sub'), before);
  });
}

test('move: over a border, where nothing may be deleted, both are whole', async (t) => {
  const home = await openShared(t, allBut('/sub', 'delete_files'));
  const before = await home.everything('/sub');
  t.regex((await home.line('mv sub shared/design', 1)).stderr, /Permission denied/);
  t.deepEqual(await home.everything('/sub'), before);
  t.is((await home.everything('/shared/design/sub')).length, before.length);
});

test('move: over a border, where no times may be set, it does without', async (t) => {
  const home = await openShared(t, allBut('/shared', 'chtimes'));
  await home.line('mv sub shared/design');
  t.deepEqual(await home.names('/'), ['a.txt', 'b.txt', 'shared']);
});

/** The home with something done when a file is copied for the first time. */
function meanwhile(home: Shared, when: 'before' | 'after', act: (files: Files) => Promise<void>): Home {
  let isDone = false;
  const { files } = home;
  const once = async (): Promise<void> => {
    if (isDone) return;
    isDone = true;
    await act(files);
  };
  return {
    ...home,
    files: {
      ...files,
      copy: async (...words) => {
        if (when === 'before') await once();
        await files.copy(...words);
        if (when === 'after') await once();
      },
    },
  };
}

test('move: over a border, a file that changes while it is copied stays', async (t) => {
  const home = await openShared(t);
  const changing = meanwhile(home, 'after', async (files) => {
    const file = await files.open(parsePath('a.txt'), { write: true });
    await file.write(Buffer.from('ALPHA'), 0);
    await file.close();
    await files.setAttributes(parsePath('a.txt'), { times: { accessedMs: 0, modifiedMs: Date.now() + 60_000 } });
  });
  const { status, stderr } = await run({ home: changing }, 'mv a.txt shared/design');
  t.is(status, 1);
  t.regex(stderr, /a\.txt: Device or resource busy: it has changed/);
  t.is((await home.read('a.txt')).toString(), 'ALPHA');
});

test('move: over a border, what comes to a folder meanwhile stays', async (t) => {
  const home = await openShared(t);
  const growing = meanwhile(home, 'before', async () => home.write('sub/deep/new', 'came late'));
  // c.txt is copied first: the new file would be seen, so it is put where the copy has been already.
  const late = meanwhile(home, 'after', async () => home.write('sub/0', 'came late'));
  const { status, stderr } = await run({ home: late }, 'mv sub shared/design');
  t.is(status, 1);
  t.regex(stderr, /sub\/0: .*kept/);
  t.is((await home.read('sub/0')).toString(), 'came late');
  t.deepEqual(await home.names('/sub'), ['0']);
  await home.write('sub/deep/d.txt', 'again');
  t.is((await run({ home: growing }, 'mv sub shared/plans')).status, 0);
  t.is((await home.read('/shared/plans/sub/deep/new')).toString(), 'came late');
});

test('copy: goes over borders, both ways', async (t) => {
  const home = await openShared(t);
  await home.line('cp -r sub shared/design/logo.svg shared/plans');
  t.deepEqual(await home.names('/shared/plans'), ['logo.svg', 'sub']);
  await home.line('cp shared/plans/sub/deep/d.txt .');
  t.is((await home.read('d.txt')).toString(), 'delta');
});
