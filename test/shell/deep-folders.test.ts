import { PassThrough } from 'node:stream';
import test from 'ava';
import type { Files } from '../../src/model/files.ts';
import { runScp } from '../../src/scp/scp.ts';
import { expandLine } from '../../src/shell/expand-line.ts';
import { createTestLog } from '../helpers/test-log.ts';
import { createHome, type Home, run } from './fixtures.ts';

const DEPTH = 50;

interface Counted extends Home {
  /** The most folders that were open together. */
  readonly most: () => number;
}

/** A home with folders in one another. */
async function deepHome(): Promise<Counted> {
  const home = createHome();
  await home.write(`${'in/'.repeat(DEPTH)}file`, 'x');
  let open = 0;
  let most = 0;
  const list: Files['list'] = async (path) => {
    const folder = await home.files.list(path);
    open += 1;
    most = Math.max(most, open);
    let isOpen = true;
    return {
      path: folder.path,
      read: (limit) => folder.read(limit),
      stat: () => folder.stat(),
      close: async () => {
        if (isOpen) open -= 1;
        isOpen = false;
        await folder.close();
      },
    };
  };
  return { ...home, files: { ...home.files, list }, most: () => most };
}

/*
 * What was wrong: whoever goes down into folders held one open on each level, two descriptors each; a path has room for two
 * thousand levels, and `max-handles` counts for SFTP alone.
 * How it was reached: `find`, or `scp -r`, in a tree as deep as can be, on ten channels of some connections: nobody could open
 * a file any more.
 * What these verify: the folder that is read is open, and those above it are not.
 */
for (const line of ['find', 'du', 'tree', 'copy -r in other', 'delete -r in']) {
  test(`deep folders: ${line} holds no more than one folder open`, async (t) => {
    const home = await deepHome();
    t.is((await run({ home }, line)).status, 0);
    t.is(home.most(), 1);
  });
}

test('deep folders: scp -r holds no more than one folder open', async (t) => {
  const home = await deepHome();
  const input = new PassThrough();
  const output = new PassThrough().resume();
  input.end(Buffer.alloc(1000));
  const terminal = { input, output, errorOutput: output, signal: new AbortController().signal };
  t.is(await runScp('scp -rf in', { files: home.files, terminal, log: createTestLog(), expandLine }), 0);
  t.is(home.most(), 1);
});
