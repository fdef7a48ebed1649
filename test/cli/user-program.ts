// `sshome user` alone, as a process, for tests: needs nothing of the other commands.

import yargs from 'yargs';
import { userCommand } from '../../src/cli/commands/user.ts';

await yargs(process.argv.slice(2)).scriptName('sshome').strict().command(userCommand()).parseAsync();
