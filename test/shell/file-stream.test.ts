import { PassThrough } from 'node:stream';
import test from 'ava';
import { parsePath } from '../../src/model/path.ts';
import { createByteInput } from '../../src/shell/byte-input.ts';
import { writeInput } from '../../src/shell/file-stream.ts';
import { createHome } from './fixtures.ts';

test('file stream: of an upload that breaks off nothing is lost that had arrived', async (t) => {
  // What was wrong: what the channel held, and the command had not asked for yet, was dropped with the connection.
  // How it was reached: a client that was killed while its upload had been opened, but had not been read from.
  // What this verifies: all that arrived before the break is in the file.
  const home = createHome();
  const stream = new PassThrough();
  stream.write('what ');
  stream.write('arrived');
  const file = await home.files.open(parsePath('up'), { write: true, create: true });
  const gone = new Error('gone');
  await t.throwsAsync(writeInput(createByteInput(stream), file, AbortSignal.abort(gone)), { is: gone });
  await file.close({ abandon: true });
  t.is((await home.read('up')).toString(), 'what arrived');
});
