// The verbs of administration alone, as a process, for tests: needs nothing of the other commands.

import yargs from 'yargs';
import { administrationCommands } from '../../src/cli/commands/administration.ts';

const program = yargs(process.argv.slice(2)).scriptName('sshome').strict();
for (const command of administrationCommands()) program.command(command);
await program.parseAsync();
