// The matrix, second part: single files go up and come down byte for byte.

import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../helpers/until.ts';
import { hashOf, writeRandom } from './content.ts';
import { isFull } from './driver.ts';
import type { Bench, Subject } from './matrix.ts';

const SIZES: ReadonlyArray<readonly [string, number]> = [
  ['0 B', 0],
  ['1 B', 1],
  ['32 KiB - 1', 32_767],
  ['32 KiB', 32_768],
  ['32 KiB + 1', 32_769],
  ['5 MB', 5_000_000],
];
const LARGE_SIZES: ReadonlyArray<readonly [string, number]> = [['300 MB', 300_000_000]];

const REKEY_BYTES = 1_048_576;
/** Eight exchanges of keys under way, and more than a thousand. */
const REKEYED_BYTES = isFull ? 1_200_000_000 : 8_500_000;
const REKEY_TITLE = isFull ? '1.2 GB' : '8.5 MB';

const LARGE_PATIENCE = 10;
const USUAL_PATIENCE_SECONDS = 60;
/** 2009-02-13 23:31:30 UTC. */
const LONG_AGO_SECONDS = 1_234_567_890;
const ODD_MODE = 0o750;

export function checkTransfers(subject: Subject): void {
  checkSizes(subject);
  checkRekeying(subject);
  checkOverwriting(subject);
  checkResuming(subject);
  checkKeeping(subject);
}

function checkSizes({ driver, check, bench }: Subject): void {
  for (const [title, sizeBytes] of isFull ? [...SIZES, ...LARGE_SIZES] : SIZES) {
    check(
      `uploads and downloads ${title}`,
      async (t) => {
        const { session, local, remote, disk } = await bench(t);
        const hash = await writeRandom(join(local, 'sent'), sizeBytes);
        await session.upload(join(local, 'sent'), `${remote}/there`);
        t.is(await hashOf(join(disk, 'there')), hash, 'uploaded');
        await session.download(`${remote}/there`, join(local, 'got'));
        t.is(await hashOf(join(local, 'got')), hash, 'downloaded');
      },
      (driver.patienceSeconds ?? USUAL_PATIENCE_SECONDS) * (sizeBytes > 10_000_000 ? LARGE_PATIENCE : 1),
    );
  }
}

function checkRekeying({ driver, check, bench }: Subject): void {
  check(
    `uploads and downloads ${REKEY_TITLE} with new keys after every 1 MiB`,
    async (t) => {
      if (driver.rekeys !== true) return 'the client has no setting for it';
      if (isFull && driver.tooSlow !== undefined) return driver.tooSlow;
      const { stage, local, remote, disk } = await bench(t);
      const session = await driver.open(t, await stage.target(driver.logins.at(-1), REKEY_BYTES));
      const hash = await writeRandom(join(local, 'sent'), REKEYED_BYTES);
      await session.upload(join(local, 'sent'), `${remote}/there`);
      t.is(await hashOf(join(disk, 'there')), hash, 'uploaded');
      await session.download(`${remote}/there`, join(local, 'got'));
      t.is(await hashOf(join(local, 'got')), hash, 'downloaded');
      return undefined;
    },
    (driver.patienceSeconds ?? USUAL_PATIENCE_SECONDS) * (isFull ? LARGE_PATIENCE : 1),
  );
}

function checkOverwriting({ check, bench }: Subject): void {
  check('overwrites a longer file with a shorter one', async (t) => {
    const { session, local, remote, disk } = await bench(t);
    const [long, short] = [randomBytes(100_000), randomBytes(40_000)];
    await writeFile(join(disk, 'there'), long);
    await writeFile(join(local, 'short'), short);
    await session.upload(join(local, 'short'), `${remote}/there`);
    t.true((await readFile(join(disk, 'there'))).equals(short), 'uploaded');
    await writeFile(join(local, 'got'), long);
    await session.download(`${remote}/there`, join(local, 'got'));
    t.true((await readFile(join(local, 'got'))).equals(short), 'downloaded');
  });
}

function checkResuming({ check, bench }: Subject): void {
  const whole = randomBytes(1_500_001);
  const part = whole.subarray(0, 1_234_567);

  check('goes on with an upload that broke off', async (t) => {
    const { stage, session, local, remote, disk } = await bench(t);
    if (session.resumeUpload === undefined) return 'the client can not resume uploads';
    await writeFile(join(local, 'whole'), whole);
    await writeFile(join(disk, 'there'), part);
    await session.resumeUpload(join(local, 'whole'), `${remote}/there`);
    t.true((await readFile(join(disk, 'there'))).equals(whole));
    t.true((await carriedBytes({ stage, remote }, 'file.upload')) < whole.length, 'it began anew');
    return undefined;
  });

  check('goes on with a download that broke off', async (t) => {
    const { stage, session, local, remote, disk } = await bench(t);
    if (session.resumeDownload === undefined) return 'the client can not resume downloads';
    await writeFile(join(disk, 'there'), whole);
    await writeFile(join(local, 'got'), part);
    await session.resumeDownload(`${remote}/there`, join(local, 'got'));
    t.true((await readFile(join(local, 'got'))).equals(whole));
    t.true((await carriedBytes({ stage, remote }, 'file.download')) < whole.length, 'it began anew');
    return undefined;
  });
}

/** What the audit log says was carried to or from the files of a bench. */
async function carriedBytes({ stage, remote }: Pick<Bench, 'stage' | 'remote'>, event: string): Promise<number> {
  let sizes: number[] = [];
  await until(async () => {
    const records = await stage.server.records();
    sizes = records
      .filter((record) => record['event'] === event && String(record['path']).startsWith(remote))
      .map((record) => Number(record['bytes']));
    return sizes.length > 0;
  });
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function checkKeeping({ driver, check, bench }: Subject): void {
  check('keeps the time of an upload', async (t) => {
    if (driver.keepsTimes?.upload !== true) return 'the client does not keep it';
    const { session, local, remote, disk } = await bench(t);
    await writeFile(join(local, 'sent'), 'content');
    await utimes(join(local, 'sent'), LONG_AGO_SECONDS, LONG_AGO_SECONDS);
    await session.upload(join(local, 'sent'), `${remote}/there`);
    t.is(await secondsOf(join(disk, 'there')), LONG_AGO_SECONDS);
    return undefined;
  });

  check('keeps the time of a download', async (t) => {
    if (driver.keepsTimes?.download !== true) return 'the client does not keep it';
    const { session, local, remote, disk } = await bench(t);
    await writeFile(join(disk, 'there'), 'content');
    await utimes(join(disk, 'there'), LONG_AGO_SECONDS, LONG_AGO_SECONDS);
    await session.download(`${remote}/there`, join(local, 'got'));
    t.is(await secondsOf(join(local, 'got')), LONG_AGO_SECONDS);
    return undefined;
  });

  check('keeps the permissions of an upload', async (t) => {
    if (driver.keepsModes?.upload !== true) return 'the client does not keep them';
    const { session, local, remote, disk } = await bench(t);
    await writeFile(join(local, 'sent'), 'content');
    await chmod(join(local, 'sent'), ODD_MODE);
    await session.upload(join(local, 'sent'), `${remote}/there`);
    t.is(await modeOf(join(disk, 'there')), ODD_MODE);
    return undefined;
  });

  check('keeps the permissions of a download', async (t) => {
    if (driver.keepsModes?.download !== true) return 'the client does not keep them';
    const { session, local, remote, disk } = await bench(t);
    await writeFile(join(disk, 'there'), 'content');
    await chmod(join(disk, 'there'), ODD_MODE);
    await session.download(`${remote}/there`, join(local, 'got'));
    t.is(await modeOf(join(local, 'got')), ODD_MODE);
    return undefined;
  });
}

async function secondsOf(path: string): Promise<number> {
  return Math.floor((await stat(path)).mtimeMs / 1000);
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}
