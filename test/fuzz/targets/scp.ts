// What a client's scp sends: into a folder, and as the answers to files that are sent to it.

import { PassThrough } from 'node:stream';
import { ScpProtocolError } from '../../../src/scp/protocol-error.ts';
import { parseRecord } from '../../../src/scp/record.ts';
import { runScp } from '../../../src/scp/scp.ts';
import { expandLine } from '../../../src/shell/expand-line.ts';
import { createTestLog } from '../../helpers/test-log.ts';
import { createHome } from '../../shell/fixtures.ts';
import { holds, pure, type Target, unlessRefused } from '../target.ts';

export const scp: Target = {
  name: 'scp',
  invariant:
    'a transfer ends with status 0 or 1 and logs nothing unforeseen; what is sent into a folder changes nothing beside it',
  covers: ['/src/scp/'],
  dictionary: ['C0644 ', 'D0755 0 ', 'E\n', 'T1 0 2 0\n', '\0', '\x01', '\x02', '..', '/', ' 5 a\nhello\0', '\n'],
  seeds: [
    'T1 0 2 0\nD0755 0 dir\nT3 0 4 0\nC0640 5 a\nhello\0C0644 0 empty\n\0E\nC0600 1 b\nx\0',
    'C0644 1 x\nx\x01an error\n',
    '\x01warning\nC0644 2 b\nab\0',
    '\0\0\0\0\0\0',
    'C0644 1 ../f\nx\0',
  ],
  maxBytes: 2000,
  begin: pure(async (input) => {
    for (const row of input.toString('latin1').split('\n')) unlessRefused(() => parseRecord(row), ScpProtocolError);
    for (const line of ['scp -rpt into', 'scp -t into', 'scp -rpf .']) {
      const home = createHome();
      await home.write('f', 'content of f');
      await home.write('into/there', 'old');
      const log = createTestLog();
      const [bytes, output] = [new PassThrough(), new PassThrough()];
      output.resume();
      bytes.end(input);
      const terminal = { input: bytes, output, errorOutput: output, signal: new AbortController().signal };
      const status = await runScp(line, { files: home.files, terminal, log, expandLine });
      holds(status === 0 || status === 1, `the status is ${status}`);
      if (log.unforeseen.length > 0) throw log.unforeseen[0];
      holds((await home.names('/')).join() === 'f,into', 'something was written beside the folder');
      holds((await home.read('f')).toString() === 'content of f', 'a file beside the folder was changed');
    }
  }),
};
