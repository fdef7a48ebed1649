// Runs in a process of its own, which may write no file longer than its limit (ulimit -f): prints what befell it.

import { isFileError } from '../../src/model/error.ts';
import { parsePath } from '../../src/model/path.ts';
import { openHome } from '../../src/storage/home.ts';

const [homesDirectory = ''] = process.argv.slice(2);
const storage = await openHome({ homesDirectory, user: 'alice', jail: 'held' });
const file = await storage.open(parsePath('/a'), { write: true, create: true }, () => undefined);

async function codeOf(work: Promise<void>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (!isFileError(error)) throw error;
    return error.code;
  }
}

const write = await codeOf(file.write(Buffer.alloc(1024 * 1024, 'x'), 0));
const { sizeBytes } = await file.stat();
const close = await codeOf(file.close());
const again = await codeOf(file.close());
process.stdout.write(JSON.stringify({ write, sizeBytes, close, again }));
