// Keeps the import rules of ARCHITECTURE.md: who may know whom, who may touch the disk, who may know ssh2.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import test from 'ava';
import { inRepository } from './helpers/folder.ts';

const SOURCE = inRepository('src');

/** The folders of src/ that the files of each folder may import from, beside their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  streams: [],
  log: ['model'],
  'text-files': ['model'],
  config: ['model', 'text-files'],
  access: ['model'],
  control: ['model'],
  cluster: ['model'],
  moving: ['model'],
  storage: ['model'],
  accounts: ['model', 'text-files'],
  operations: ['model', 'access', 'storage'],
  administration: ['model', 'accounts', 'config', 'log', 'text-files'],
  sftp: ['model', 'streams'],
  shell: ['model', 'moving', 'streams'],
  scp: ['model', 'streams'],
  transport: ['model', 'streams'],
  sshd: ['model', 'transport', 'accounts', 'sftp', 'shell', 'scp'],
  client: ['model', 'streams', 'transport'],
  cli: ['model', 'access', 'accounts', 'administration', 'client', 'config', 'control', 'log', 'moving', 'server.ts'],
};

/** These wire the folders together, and may know all of them. */
const ROOTS = ['main.ts', 'worker.ts', 'index.ts', 'server.ts', 'server'];

const MAY_USE_DISK = [
  'storage',
  'accounts',
  'config',
  'text-files',
  'control',
  'log',
  'client',
  'cli',
  'sshd/host-key.ts',
];
const MAY_USE_SSH2 = ['transport', 'sshd', 'client'];

interface Import {
  readonly file: string;
  readonly target: string;
}

async function readImports(): Promise<Import[]> {
  const files = (await readdir(SOURCE, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const imports: Import[] = [];
  for (const file of files) {
    const text = await readFile(join(SOURCE, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/(?:from|import|require)\s*\(?\s*'([^']+)'/g)) {
      const target = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
      imports.push({ file: relative('.', file), target });
    }
  }
  return imports;
}

const isIn = (file: string, places: readonly string[]): boolean =>
  places.some((place) => file === place || file.startsWith(`${place}/`));

test('layers: every import between folders is one that the table allows', async (t) => {
  const imports = (await readImports()).filter(({ target }) => target.endsWith('.ts'));
  const wrong = imports.filter(({ file, target }) => {
    if (isIn(file, ROOTS)) return false;
    const folder = file.split('/')[0] ?? '';
    return !isIn(target, [folder, ...(MAY_IMPORT[folder] ?? [])]);
  });
  t.true(imports.length > 100);
  t.deepEqual(wrong, []);
});

test('layers: every folder has its row in the table', async (t) => {
  const folders = (await readdir(SOURCE, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const inTable = [...Object.keys(MAY_IMPORT), 'server'];
  t.deepEqual(folders.map(({ name }) => name).sort(), inTable.sort());
});

test('layers: the disk is touched where the table says, and nowhere else', async (t) => {
  const disk = (await readImports()).filter(({ target }) => /^node:fs(\/promises)?$/.test(target));
  t.deepEqual(
    disk.filter(({ file }) => !isIn(file, MAY_USE_DISK)),
    [],
  );
});

test('layers: ssh2 is known to the server and the client alone', async (t) => {
  const ssh2 = (await readImports()).filter(({ target }) => /^ssh2(\/|-sftp-client|$)/.test(target));
  t.true(ssh2.length > 0);
  t.deepEqual(
    ssh2.filter(({ file }) => !isIn(file, MAY_USE_SSH2)),
    [],
  );
});

test('layers: no program of the host is ever started', async (t) => {
  const imports = await readImports();
  t.deepEqual(
    imports.filter(({ target }) => target === 'node:child_process'),
    [],
  );
  // This starts processes as well, of a program of this package: workers.ts gets its name from server/primary.ts.
  t.deepEqual(
    imports.filter(({ file, target }) => target === 'node:cluster' && !isIn(file, ['cluster'])),
    [],
  );
  const primary = await readFile(join(SOURCE, 'server/primary.ts'), 'utf8');
  t.regex(primary, /const program = fileURLToPath\(new URL\('\.\.\/worker\.js', import\.meta\.url\)\);/);
});
