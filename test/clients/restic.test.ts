// restic: backups of a real tool over SFTP, made, checked to the last byte, thinned out and restored.

import { chmod, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../helpers/folder.ts';
import { checksOf } from './client-tests.ts';
import { readTree, type Tree, writeRandom, writeTree } from './content.ts';
import { isFull } from './driver.ts';
import { mustRun, versionLine } from './must-run.ts';
import { ODD_KINDS, ODD_NAMES } from './odd-names.ts';
import { destinationOf, opensshFlags } from './openssh.ts';
import { type Stage, setStage } from './stage.ts';

const LARGE_BYTES = isFull ? 300_000_000 : 12_000_000;

const check = checksOf({
  name: 'restic',
  programs: { restic: 'restic', ssh: 'openssh-client' },
  version: (t) => versionLine(t, 'restic', ['version']),
});

interface Bench extends Stage {
  readonly local: string;
  /** Runs restic on the repository `/backups` of alice's, which is made. */
  restic(words: readonly string[]): Promise<string>;
}

async function setUp(t: ExecutionContext): Promise<Bench> {
  const stage = await setStage(t);
  const local = await temporaryFolder(t);
  const target = await stage.target();
  const ssh = ['ssh', ...opensshFlags(target), '-p', String(stage.server.port), destinationOf(target), '-s', 'sftp'];
  const flags = ['--no-cache', '-r', `sftp:${destinationOf(target)}:/backups`, '-o', `sftp.command=${ssh.join(' ')}`];
  const environment = { RESTIC_PASSWORD: 'of the repository', HOME: local };
  const restic = async (words: readonly string[]): Promise<string> => {
    const output = await mustRun(t, 'restic', [...flags, ...words], { folder: local, environment });
    return output.toString('utf8');
  };
  await restic(['init']);
  return { ...stage, local, restic };
}

const TREE: Tree = {
  ...Object.fromEntries(ODD_KINDS.map((kind) => [`odd/${ODD_NAMES[kind]}`, kind])),
  'deep/er/file': 'at the end',
  'empty folder/': '',
};

check(
  'makes a repository, backs up, checks all data and restores',
  async (t) => {
    const { local, home, restic } = await setUp(t);
    await writeTree(join(local, 'data'), TREE);
    await writeRandom(join(local, 'data/large'), LARGE_BYTES);
    await restic(['backup', 'data']);
    t.true((await readdir(join(home, 'backups'))).includes('snapshots'));
    t.regex(await restic(['check', '--read-data']), /no errors were found/);
    await restic(['restore', 'latest', '--target', 'back', '--verify']);
    t.deepEqual(await readTree(join(local, 'back/data')), await readTree(join(local, 'data')));
  },
  isFull ? 600 : 60,
);

check('adds to a backup, forgets the old one and prunes', async (t) => {
  const { local, restic } = await setUp(t);
  await writeTree(join(local, 'data'), { stays: 'stays', goes: 'goes'.repeat(10_000) });
  await restic(['backup', 'data']);
  await rm(join(local, 'data/goes'));
  await writeFile(join(local, 'data/comes'), 'comes');
  await restic(['backup', 'data']);
  t.regex(await restic(['forget', '--keep-last', '1', '--prune']), /1 snapshots have been removed/);
  t.regex(await restic(['check', '--read-data']), /no errors were found/);
  await restic(['restore', 'latest', '--target', 'back']);
  t.deepEqual(await readTree(join(local, 'back/data')), { stays: 'stays', comes: 'comes' });
});

check('finds damage done to a repository', async (t) => {
  const { local, home, restic } = await setUp(t);
  await writeRandom(join(local, 'file'), 100_000);
  await restic(['backup', 'file']);
  const folders = await readdir(join(home, 'backups/data'), { recursive: true, withFileTypes: true });
  const packs = folders.filter((entry) => entry.isFile());
  t.true(packs.length > 0);
  for (const pack of packs) await overwriteByte(join(pack.parentPath, pack.name), 50);
  await t.throwsAsync(restic(['check', '--read-data']), { message: /error/ });
});

async function overwriteByte(path: string, offset: number): Promise<void> {
  // restic takes the right to write from what it has written.
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
    await file.write(Buffer.of((buffer[0] ?? 0) ^ 0xff), 0, 1, offset);
  } finally {
    await file.close();
  }
}
