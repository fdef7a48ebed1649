#!/usr/bin/env node
// The program `sshome`: argument vector in, exit status out.

import { runProgram } from './cli/program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
