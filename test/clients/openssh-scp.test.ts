// OpenSSH's scp, over SFTP as it is today and with the old protocol (-O), together with ssh for what scp can't.

import { mkdir, readdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ProgramResult, runProgram } from '../helpers/program.ts';
import { checksOf } from './client-tests.ts';
import { readTree, writeTree } from './content.ts';
import type { ClientDriver, Lifetime, Target } from './driver.ts';
import { testClient } from './matrix.ts';
import { linesOf, withoutDots } from './must-run.ts';
import { backslashed, destinationOf, OPENSSH, opensshFlags, opensshVersion, runOpenssh } from './openssh.ts';
import { setStage } from './stage.ts';

interface Way extends Pick<ClientDriver, 'name' | 'unableNames'> {
  readonly flags: readonly string[];
  /** How a remote path is written where scp takes from it, and where it puts to it. */
  readonly source: (path: string) => string;
  readonly aim: (path: string) => string;
}

const OVER_SFTP: Way = {
  name: 'OpenSSH scp and ssh',
  flags: [],
  // What it takes is a pattern, what it puts is not.
  source: backslashed,
  aim: String,
};

const OLD_PROTOCOL: Way = {
  name: 'OpenSSH scp -O and ssh',
  flags: ['-O'],
  // Both are words of a command line that the server reads.
  source: backslashed,
  aim: backslashed,
  unableNames: { newline: 'the protocol has lines; scp writes the line feed as \\^J, which becomes the name' },
};

function driverFor({ flags, source, aim, ...client }: Way): ClientDriver {
  return {
    ...client,
    programs: OPENSSH,
    version: opensshVersion,
    logins: ['password', 'key'],
    open: async (t, target) => {
      const scp = async (...words: string[]): Promise<void> => {
        await runOpenssh(t, 'scp', [...flags, '-P', String(target.server.port), ...words], { target });
      };
      const at = (path: string): string => `${destinationOf(target)}:${path}`;
      return {
        upload: (local, remote) => scp('-p', local, at(aim(remote))),
        download: (remote, local) => scp('-p', at(source(remote)), local),
        uploadTree: (local, remote) => scp('-r', local, at(aim(remote))),
        downloadTree: (remote, local) => scp('-r', at(source(remote)), local),
        list: async (remote) => withoutDots(linesOf(await ssh(t, target, ['list', '-1a', remote]))),
        delete: async (remote) => {
          await ssh(t, target, ['delete', remote]);
        },
        deleteTree: async (remote) => {
          await ssh(t, target, ['delete', '-r', remote]);
        },
        makeDirectory: async (remote) => {
          await ssh(t, target, ['mkdir', remote]);
        },
        rename: async (from, to) => {
          await ssh(t, target, ['move', from, to]);
        },
      };
    },
    unableLists: { newline: 'the output of the command "list" has a name a line' },
    keepsTimes: { upload: true, download: true },
    keepsModes: { upload: true, download: true },
    renamesOver: true,
    rekeys: true,
  };
}

function ssh(t: Lifetime, target: Target, [command = '', ...words]: readonly string[], input = ''): Promise<Buffer> {
  const line = [command, ...words.map(backslashed)].join(' ');
  return runOpenssh(t, 'ssh', ['-p', String(target.server.port), destinationOf(target), line], { target, input });
}

for (const way of [OVER_SFTP, OLD_PROTOCOL]) {
  const { check, stage, bench } = testClient(driverFor(way));

  /** Runs scp in `local`; "at:" at the head of a word stands for the server. */
  const scp = async (t: Lifetime, local: string, words: readonly string[]): Promise<ProgramResult> => {
    const { server, knownHosts, logins } = await stage();
    const at = `alice@${server.host}:`;
    const whole = [...opensshFlags({ login: logins.key, knownHosts }), ...way.flags, '-P', String(server.port)];
    return runProgram(t, 'scp', [...whole, ...words.map((word) => word.replace(/^at:/, at))], { folder: local });
  };

  check('leaves patterns and the home to the server', async (t) => {
    const { local, remote, disk } = await bench(t);
    await writeTree(disk, { 'one.txt': '1', 'two.txt': '2', 'three.bin': '3', '.hidden.txt': '4' });
    const { status, stderr } = await scp(t, local, [`at:~${backslashed(remote)}/*.txt`, '.']);
    t.is(status, 0, stderr);
    t.deepEqual(await readTree(local), { 'one.txt': '1', 'two.txt': '2' });
  });

  check('takes several files into a folder, and refuses to make one file of them', async (t) => {
    const { local, remote, disk } = await bench(t);
    await writeTree(local, { one: '1', two: '2' });
    await writeTree(disk, { file: 'stays' });
    const up = await scp(t, local, ['one', 'two', `at:${way.aim(remote)}`]);
    t.is(up.status, 0, up.stderr);
    t.not((await scp(t, local, ['one', 'two', `at:${way.aim(`${remote}/file`)}`])).status, 0);
    t.deepEqual(await readTree(disk), { file: 'stays', one: '1', two: '2' });
  });

  check('copies between two servers through the client (-3)', async (t) => {
    const { local, remote, disk } = await bench(t);
    await writeTree(disk, { 'from/inner/a file': 'content', 'from/empty': '' });
    const { status, stderr } = await scp(t, local, [
      '-3r',
      `at:${way.source(`${remote}/from`)}`,
      `at:${way.aim(`${remote}/to`)}`,
    ]);
    t.is(status, 0, stderr);
    t.deepEqual(await readTree(join(disk, 'to')), { 'inner/a file': 'content', empty: '' });
  });

  check('has URIs (scp://)', async (t) => {
    const { local, disk } = await bench(t);
    const { server, knownHosts, logins } = await stage();
    await writeTree(local, { sent: 'by URI' });
    const flags = [...opensshFlags({ login: logins.key, knownHosts }), ...way.flags];
    const uri = `scp://alice@${server.host}:${server.port}/${basename(disk).replace(' ', '%20')}/there`;
    const up = await runProgram(
      t,
      'scp',
      [...flags, 'sent', way === OLD_PROTOCOL ? uri.replace('%20', '%5C%20') : uri],
      {
        folder: local,
      },
    );
    t.is(up.status, 0, up.stderr);
    t.deepEqual(await readTree(disk), { there: 'by URI' });
  });

  check('ends with status 1 and a clear word', async (t) => {
    const { local } = await bench(t);
    await writeTree(local, { sent: 'content' });
    const missing = await scp(t, local, ['at:/missing', 'got']);
    t.is(missing.status, 1);
    t.regex(missing.stderr, /missing.*No such file or directory/s);
    const nowhere = await scp(t, local, ['sent', 'at:/missing/sent']);
    t.is(nowhere.status, 1);
    t.regex(nowhere.stderr, /No such file or directory/);
    const folder = await scp(t, local, ['at:/', 'got']);
    t.is(folder.status, 1);
    t.regex(folder.stderr, /not a regular file/);
  });

  check('reaches nothing outside of the home', async (t) => {
    const { local, disk } = await bench(t);
    const { server } = await stage();
    const bob = await server.homeOf('bob');
    await writeTree(bob, { secret: 'of bob' });
    await symlink('/etc', join(disk, 'out'));
    await symlink(bob, join(disk, 'bob'));
    const folder = `at:${backslashed(`/${basename(disk)}`)}`;
    for (const path of [
      'at:/etc/passwd',
      'at:../bob/secret',
      'at:~bob/secret',
      `${folder}/out/passwd`,
      `${folder}/bob/*`,
    ]) {
      t.is((await scp(t, local, ['-r', path, 'stolen'])).status, 1, path);
    }
    t.deepEqual(await readTree(local), {});
    await writeTree(local, { sent: 'content' });
    await scp(t, local, ['sent', 'at:../bob/sent']);
    t.is((await scp(t, local, ['sent', `at:${way.aim(`/${basename(disk)}/bob/sent`)}`])).status, 1);
    t.deepEqual(await readTree(bob), { secret: 'of bob' });
  });
}

const hostile = checksOf({
  name: 'OpenSSH ssh with "scp -t" typed by hand',
  programs: OPENSSH,
  version: opensshVersion,
});

for (const name of ['../escaped', '..', '.', '/etc/escaped', 'inner/escaped', '']) {
  hostile(`has the file name ${JSON.stringify(name)} refused`, async (t) => {
    const { target, home } = await setStage(t);
    await mkdir(join(home, 'folder'));
    for (const record of [`C0644 4 ${name}\nevil\0`, `D0755 0 ${name}\nC0644 4 file\nevil\0E\n`]) {
      const sent = ssh(t, await target(), ['scp', '-r', '-t', '--', '/folder'], record);
      await t.throwsAsync(sent, { message: /unexpected filename|protocol/ });
    }
    t.deepEqual(await readTree(home), { 'folder/': '' });
    t.deepEqual(await readdir(dirname(home)), ['alice']);
  });
}
