// The matrix, fourth part: what clients change without carrying content.

import { chmod, lstat, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subject } from './matrix.ts';

export function checkChanges({ driver, check, bench, stage }: Subject): void {
  check('makes a folder', async (t) => {
    const { session, remote, disk } = await bench(t);
    if (session.makeDirectory === undefined) return 'the client has no command for it';
    await session.makeDirectory(`${remote}/new folder`);
    t.true((await stat(join(disk, 'new folder'))).isDirectory());
    return undefined;
  });

  check('renames a file', async (t) => {
    const { session, remote, disk } = await bench(t);
    if (session.rename === undefined) return 'the client has no command for it';
    await writeFile(join(disk, 'old name'), 'content');
    await session.rename(`${remote}/old name`, `${remote}/new name`);
    t.deepEqual(await readdir(disk), ['new name']);
    t.is(await readFile(join(disk, 'new name'), 'utf8'), 'content');
    return undefined;
  });

  check('renames over a file', async (t) => {
    const { session, remote, disk } = await bench(t);
    if (session.rename === undefined || driver.renamesOver === undefined) return 'the client has no command for it';
    await writeFile(join(disk, 'old'), 'new content');
    await writeFile(join(disk, 'new'), 'old content');
    const renamed = session.rename(`${remote}/old`, `${remote}/new`);
    if (driver.renamesOver) {
      await renamed;
      t.deepEqual(await readdir(disk), ['new']);
      t.is(await readFile(join(disk, 'new'), 'utf8'), 'new content');
      return undefined;
    }
    await t.throwsAsync(renamed, { any: true });
    t.is(await readFile(join(disk, 'new'), 'utf8'), 'old content');
    return 'the client asks for a rename that does not replace; refused, and both files stay';
  });

  check('changes permissions', async (t) => {
    const { session, remote, disk } = await bench(t);
    if (session.chmod === undefined) return 'the client has no command for it';
    await writeFile(join(disk, 'file'), '');
    await chmod(join(disk, 'file'), 0o644);
    await session.chmod(`${remote}/file`, 0o710);
    t.is((await stat(join(disk, 'file'))).mode & 0o777, 0o710);
    return undefined;
  });

  check('makes a symbolic link, and reads through it', async (t) => {
    const { session, local, remote, disk } = await bench(t);
    if (session.makeLink === undefined) return 'the client has no command for it';
    await writeFile(join(disk, 'aim'), 'through the link');
    await session.makeLink('aim', `${remote}/link`);
    t.is(await readlink(join(disk, 'link')), 'aim');
    await session.download(`${remote}/link`, join(local, 'got'));
    t.is(await readFile(join(local, 'got'), 'utf8'), 'through the link');
    return undefined;
  });

  check('deletes a file', async (t) => {
    const { session, remote, disk } = await bench(t);
    await writeFile(join(disk, 'one'), '');
    await writeFile(join(disk, 'two'), '');
    await session.delete(`${remote}/one`);
    t.deepEqual(await readdir(disk), ['two']);
  });

  check('meets no unexpected error of the server', async (t) => {
    const { server, home } = await stage();
    const unexpected = (await server.records()).filter(
      ({ level, outcome }) => level === 'error' || outcome === 'internal',
    );
    t.deepEqual(unexpected, []);
    t.true((await lstat(home)).isDirectory());
  });
}
