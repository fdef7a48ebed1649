// sshfs: a home mounted as a file system, and programs that know nothing of SSH working in it. Everything in the mount
// is done by programs, never by this process: it serves the files itself, and would wait for itself.

import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { decodeBytes } from '../../src/model/bytes.ts';
import { until } from '../helpers/until.ts';
import { hashOf, readTree, writeRandom, writeTree } from './content.ts';
import { type ClientDriver, isFull, type Lifetime, type Target } from './driver.ts';
import { type Bench, testClient } from './matrix.ts';
import { linesOf, mustRun } from './must-run.ts';
import { destinationOf, opensshFlags } from './openssh.ts';

const TAR_FILES = isFull ? 5000 : 300;

/** As people mount it, or with nothing remembered, for checks that change files behind sshfs's back. */
type Memory = 'usual' | 'none';

/** Mounts the home until the end of `t`; resolves to where. */
async function mount(t: Lifetime, target: Target, memory: Memory): Promise<string> {
  const folder = join(target.local, 'mounted');
  await mkdir(folder);
  const options = [
    `port=${target.server.port}`,
    ...(target.login.method === 'password' ? ['password_stdin'] : []),
    ...(memory === 'none' ? ['dir_cache=no', 'attr_timeout=0', 'entry_timeout=0', 'negative_timeout=0'] : []),
  ];
  const flags = opensshFlags(target).filter((flag, at, all) => flag !== '-F' && all[at - 1] !== '-F');
  const words = ['-f', ...flags, ...options.flatMap((option) => ['-o', option]), `${destinationOf(target)}:/`, folder];
  const child = spawn('sshfs', ['-F', '/dev/null', ...words], { cwd: target.local });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(target.login.method === 'password' ? `${target.login.password}\n` : '');
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  t.teardown(async () => {
    // Lazily: a mount that is in use or hangs must not keep the folder.
    spawn('fusermount3', ['-u', '-z', folder], { stdio: 'ignore' });
    await ended;
  });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`sshfs ended with ${child.exitCode}: ${said}`);
    return (await readFile('/proc/self/mounts', 'utf8')).includes(` ${folder} fuse.sshfs `);
  });
  return folder;
}

const sshfs: ClientDriver = {
  name: 'sshfs',
  programs: { sshfs: 'sshfs', fusermount3: 'fuse3', ssh: 'openssh-client', git: 'git' },
  version: async (t) => {
    const lines = linesOf(await mustRun(t, 'sshfs', ['--version']));
    return lines.find((line) => line.startsWith('SSHFS ')) ?? '';
  },
  lacking: () =>
    access('/dev/fuse', constants.R_OK | constants.W_OK).then(
      () => undefined,
      () => 'this machine can not mount: /dev/fuse is missing or closed',
    ),
  logins: ['password', 'key'],
  open: async (t, target) => {
    const folder = await mount(t, target, 'none');
    const run = async (program: string, ...words: string[]): Promise<void> => {
      await mustRun(t, program, words);
    };
    return {
      upload: (local, remote) => run('cp', '-p', local, folder + remote),
      download: (remote, local) => run('cp', '-p', folder + remote, local),
      list: async (remote) => {
        const found = await mustRun(t, 'find', [
          folder + remote,
          '-mindepth',
          '1',
          '-maxdepth',
          '1',
          '-printf',
          '%f\\0',
        ]);
        return decodeBytes(found).split('\0').slice(0, -1);
      },
      delete: (remote) => run('rm', folder + remote),
      uploadTree: (local, remote) => run('cp', '-r', local, folder + remote),
      downloadTree: (remote, local) => run('cp', '-r', folder + remote, local),
      resumeUpload: (local, remote) => append(t, local, folder + remote),
      resumeDownload: (remote, local) => append(t, folder + remote, local),
      rename: (from, to) => run('mv', '-f', folder + from, folder + to),
      makeDirectory: (remote) => run('mkdir', folder + remote),
      deleteTree: (remote) => run('rm', '-r', folder + remote),
      chmod: (remote, mode) => run('chmod', mode.toString(8), folder + remote),
      makeLink: (aim, remote) => run('ln', '-s', aim, folder + remote),
    };
  },
  keepsTimes: { upload: true, download: true },
  keepsModes: { upload: true, download: true },
  renamesOver: true,
  rekeys: true,
};

/** Appends what `from` has beyond the length of `to`. */
async function append(t: Lifetime, from: string, to: string): Promise<void> {
  await mustRun(t, 'bash', ['-ec', 'tail -c "+$(($(stat -c %s "$2") + 1))" "$1" >> "$2"', 'bash', from, to]);
}

const { check, bench } = testClient(sshfs);

interface Mounted extends Bench {
  /** The bench's remote folder within a mount as people make it. */
  readonly mounted: string;
  /** Runs a shell script there; `$1` is the bench's local folder. */
  script(text: string): Promise<string>;
}

async function mountBench(t: ExecutionContext): Promise<Mounted> {
  const on = await bench(t);
  const mounted = (await mount(t, await on.stage.target(), 'usual')) + on.remote;
  return {
    ...on,
    mounted,
    script: async (text) => {
      const environment = {
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_AUTHOR_NAME: 'a',
        GIT_COMMITTER_NAME: 'a',
        EMAIL: 'a@b',
      };
      const output = await mustRun(t, 'bash', ['-ec', `cd "$2"; ${text}`, 'bash', on.local, mounted], { environment });
      return decodeBytes(output);
    },
  };
}

check('holds a git repository: clone, commit, branch, merge, gc', async (t) => {
  const { local, script } = await mountBench(t);
  await writeTree(
    join(local, 'origin'),
    Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n % 5}/f${n}`, `${n}\n`])),
  );
  await script(
    'cd "$1/origin"; git init -q -b main; git add .; git commit -qm one; echo 2 > d0/f0; git commit -qam two',
  );
  await script(`
    git clone -q "$1/origin" clone && cd clone
    git checkout -q -b other && echo other > d1/f1 && git commit -qam other
    git checkout -q main && echo main > d2/f2 && git commit -qam main
    git merge -q -m merged other
    git gc -q`);
  t.is(await script('cd clone && git fsck --full --strict 2>&1 && git status --porcelain'), '');
  t.is((await script('cd clone && git log --oneline --merges | wc -l && cat d1/f1 d2/f2')).trim(), '1\nother\nmain');
});

check('lets an editor save by rename, with a backup', async (t) => {
  const { disk, script } = await mountBench(t);
  await writeTree(disk, { 'text file': 'old\n' });
  await script(`
    cat 'text file' > /dev/null
    echo new > '.text file.swp' && sync '.text file.swp'
    mv -f 'text file' 'text file~' && cp '.text file.swp' 'text file' && rm '.text file.swp'
    chmod 640 'text file' && test "$(cat 'text file')" = new && rm 'text file~'
    echo newer > 4913 && mv -f 4913 'text file' && test "$(cat 'text file')" = newer`);
  t.deepEqual(await readTree(disk), { 'text file': 'newer\n' });
});

check('writes anywhere in a file, and cuts it (dd, truncate)', async (t) => {
  const { local, disk, mounted, script } = await mountBench(t);
  await writeRandom(join(local, 'file'), 700_000);
  await script('cp "$1/file" file');
  await script(`
    RANDOM=4711
    for n in $(seq 30); do
      at=$((RANDOM * 30)); size=$((RANDOM + 1))
      head -c $size /dev/urandom > "$1/piece"
      for file in "$1/file" file; do
        dd if="$1/piece" of="$file" bs=8k oflag=seek_bytes seek=$at conv=notrunc status=none
      done
    done`);
  t.is(await hashOf(join(disk, 'file')), await hashOf(join(local, 'file')), 'dd');
  await script('for size in 654321 1000000 3 0 70000; do truncate -s $size "$1/file" file; cmp "$1/file" file; done');
  t.is((await stat(join(disk, 'file'))).size, 70_000);
  await script('exec 5<> file; echo open >&5; rm file; exec 5>&-; ! test -e file');
  t.true(mounted.startsWith('/'));
});

check(
  `takes and gives a tar of ${TAR_FILES} files`,
  async (t) => {
    const { local, disk, script } = await mountBench(t);
    const paths = Array.from({ length: TAR_FILES }, (_, n) => [`tree/${n % 20}/${n}`, `file ${n}`] as const);
    await writeTree(local, Object.fromEntries(paths));
    await script('tar -cC "$1" tree | tar -x');
    t.deepEqual(await readTree(disk), await readTree(local));
    await script('mkdir "$1/back" && tar -c tree | tar -xC "$1/back"');
    t.deepEqual(await readTree(join(local, 'back')), await readTree(disk));
    await script('rm -r tree');
    t.deepEqual(await readTree(disk), {});
  },
  isFull ? 600 : 60,
);

check('tells the room there is (df)', async (t) => {
  const { disk, script } = await mountBench(t);
  const [, here] = linesOf(await mustRun(t, 'df', ['--output=size', '-B1', disk]));
  const [, there] = linesOf(Buffer.from(await script('df --output=size -B1 .')));
  t.is(there, here);
});

check('makes links of both kinds, and renames over a file that is open', async (t) => {
  const { disk, script } = await mountBench(t);
  await script(`
    echo one > file && ln file hard && ln -s file soft && ln -s ../../outside out
    test "$(cat soft)" = one && test "$(readlink soft)" = file && ! cat out 2> /dev/null
    exec 5< file; echo two > other; mv -f other file; test "$(cat file hard)" = "$(printf 'two\\none')"`);
  t.is(await readFile(join(disk, 'hard'), 'utf8'), 'one\n');
  t.is(await readFile(join(disk, 'file'), 'utf8'), 'two\n');
});
