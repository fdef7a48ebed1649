// A whole session of the shell without a terminal: the lines of a script, and the same as one command with input.

import { COMMANDS } from '../../../src/shell/commands/table.ts';
import { createTestLog } from '../../helpers/test-log.ts';
import { createHome, run, runScript } from '../../shell/fixtures.ts';
import { holds, pure, type Target } from '../target.ts';

const COMMAND_LINES = COMMANDS.map(({ name }) => `${name} `);

export const shellSession: Target = {
  name: 'shell-session',
  invariant: 'every session ends with an exit status from 0 to 255, and nothing unforeseen is logged',
  covers: ['/src/shell/', '/src/model/glob-pattern'],
  dictionary: [
    ...COMMAND_LINES,
    ...['d', 'f', '*', '?', '-', '--', '..', '/', '~', ' -r', ' -l', '\n', "'", '"', '[', ']'],
  ],
  seeds: [
    'list -la *\ncd d\npwd\ncopy g ../h\nmove ../h i\ndelete i\nquit\n',
    'upload new\nmkdir a b\nrmdir a\ntree\nfind . -name "*g"\ndu -h\ndf\n',
    'cat f\npreview f\nsha256sum f d/g\nstat f\nwhoami\nsessions\nkeys\necho a b\nhelp list\n',
    'passwd\nold\nnew\nnew\nkeys add ssh-ed25519 AAAA x\ndelete -r d\nexit 3\n',
    'download f\nlist d/[a-h]* ~/f "no such"\nmd5sum < f\ncat f | x\n',
  ],
  maxBytes: 400,
  begin: pure(async (input) => {
    for (const play of [
      (parts: Parameters<typeof run>[0]) => runScript(parts, input),
      (parts: Parameters<typeof run>[0]) => run(parts, input.toString('latin1').split('\n')[0] ?? '', input),
    ]) {
      const home = createHome();
      await home.write('f', 'content of f\n');
      await home.write('d/g', 'g');
      const log = createTestLog();
      const { status } = await play({ home, log });
      holds(Number.isInteger(status) && status >= 0 && status <= 255, `the status is ${status}`);
      if (log.unforeseen.length > 0) throw log.unforeseen[0];
    }
  }),
};
