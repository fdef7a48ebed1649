import test from 'ava';
import { hangingOf, mountsNow, parseMounts, readMounts } from '../../src/storage/mounts.ts';

// As the kernel writes it: optional words before the dash, blanks as octal digits.
const TABLE = [
  '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '30 27 0:50 / /srv/homes/alice/remote rw - fuse.sshfs peer:/ rw,user_id=0',
  '31 27 0:51 / /srv/homes/bob/scratch rw shared:2 master:3 - tmpfs tmpfs rw',
  '32 27 0:52 / /srv/homes/carol\\040two/x rw - nfs4 filer:/x rw',
  '33 27 0:53 / /srv/nfs rw - nfs4 filer:/homes rw',
  '34 27 0:54 / /srv/homes/dave/auto rw - autofs /etc/auto rw',
  '',
].join('\n');
const mounts = parseMounts(TABLE);

function hanging(path: string, mountId = 27): string {
  return hangingOf(mounts, { mountId, path });
}

test('mounts: a home on a local disk, with local disks in it, never hangs', (t) => {
  t.is(hanging('/srv/homes/bob'), 'never');
  t.is(hanging('/srv/homes/ali'), 'never', 'no part of a name is taken for the name');
  t.is(hanging('/srv/homes/carol'), 'never');
});

test('mounts: a home with a mount of another kind in it may hang in part', (t) => {
  t.is(hanging('/srv/homes/alice'), 'partly');
  t.is(hanging('/srv/homes/carol two'), 'partly');
  t.is(hanging('/srv/homes/dave'), 'partly', 'what is mounted when it is entered');
  t.is(hanging('/'), 'partly');
});

test('mounts: a home on a network disk, or on one that the table does not have, may hang', (t) => {
  t.is(hanging('/srv/nfs/erin', 33), 'wholly');
  t.is(hanging('/srv/homes/bob', 99), 'wholly');
  t.is(hanging('/srv/homes/bob', Number.NaN), 'wholly');
});

test('mounts: the table of this host is read, and the same one is the same object', async (t) => {
  const table = await readMounts();
  t.true(table.some(({ at }) => at === '/'));
  t.is(await mountsNow(), table);
});
