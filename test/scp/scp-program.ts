// Stands in for ssh: `scp -O -S` runs it with the options of ssh, a host and a command line, and it serves that command
// line from the folder SSHOME_TEST_HOME.

import { ownerPolicy } from '../../src/access/policy.ts';
import { createOperations } from '../../src/operations/operations.ts';
import { runScp } from '../../src/scp/scp.ts';
import { expandLine } from '../../src/shell/expand-line.ts';
import { chooseJail, openJailOf } from '../../src/storage/choose-jail.ts';
import { openDiskStorage } from '../../src/storage/disk.ts';
import { createLocalCalls } from '../../src/storage/system-calls.ts';
import { createTestLog } from '../helpers/test-log.ts';

const jail = await openJailOf[chooseJail()](process.env['SSHOME_TEST_HOME'] ?? '', {
  walkMode: 'auto',
  local: createLocalCalls(),
});
const files = createOperations({ policy: ownerPolicy, audit: () => undefined }).as({
  identity: { user: 'alice' },
  origin: { sessionId: 'test', address: '192.0.2.7' },
  face: 'scp',
  storage: openDiskStorage({ jail }),
});
process.exitCode = await runScp(process.argv.at(-1) ?? '', {
  files,
  terminal: {
    input: process.stdin,
    output: process.stdout,
    errorOutput: process.stderr,
    signal: new AbortController().signal,
  },
  log: createTestLog(),
  expandLine,
});
process.stdin.destroy();
