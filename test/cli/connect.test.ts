// The interactive client with its commands from a pipe.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { INTERACTIVE_COMMANDS } from '../../src/cli/interactive/commands.ts';
import { clientProgram, reaching } from './client-program.ts';

test('connect: commands from a pipe run one after the other', async (t) => {
  const program = await clientProgram(t);
  const { run, here, home, alice } = program;
  await writeFile(join(here, 'my file'), 'content');
  await mkdir(join(here, 'sub'));
  const input = [
    '# a comment',
    '',
    'mkdir -p "new folder/deep"',
    'cd new\\ folder',
    'pwd',
    "put 'my file'",
    'list',
    'preview my*',
    'move "my file" deep',
    'lcd sub',
    'get deep/*',
    'lls',
    'stat deep',
    'delete -r deep',
    'cd',
    'rmdir "new folder"',
    'ls',
    'quit',
    'pwd',
  ].join('\n');
  const { status, stdout, stderr } = await run(['connect', ...reaching(program), alice], { input });
  t.is(stderr, '');
  t.is(status, 0);
  const lines = stdout.split('\n');
  t.deepEqual(lines.slice(0, 5), ['/new folder', 'deep/', 'my file', 'content', 'my file']);
  t.is(lines.at(-2), 'deleted deep');
  t.is(await readFile(join(here, 'sub', 'my file'), 'utf8'), 'content');
  t.deepEqual(await readdir(home), []);
});

test('connect: an invalid command shows the valid ones, the rest runs, the first failure is the status', async (t) => {
  const program = await clientProgram(t);
  const input = 'lsit\nget missing\npwd\n';
  const { status, stdout, stderr } = await program.run(['connect', ...reaching(program), program.alice], { input });
  t.is(status, 2);
  t.is(stdout, '/\n');
  t.regex(stderr, /no command "lsit"/);
  for (const { name } of INTERACTIVE_COMMANDS) t.true(stderr.includes(name), name);
  t.regex(stderr, /\/missing: No such file or directory/);
  const failed = await program.run(['connect', ...reaching(program), program.alice], { input: 'get missing\nlsit\n' });
  t.is(failed.status, 1);
});

test('connect: help tells of every command, and of one', async (t) => {
  const program = await clientProgram(t);
  const input = 'help\nhelp get\n';
  const { stdout, status } = await program.run(['connect', ...reaching(program), program.alice], { input });
  t.is(status, 0);
  for (const { name, describe } of INTERACTIVE_COMMANDS) {
    t.true(stdout.includes(name) && stdout.includes(describe), name);
  }
  t.regex(stdout, /\ndownload, get .*\n$/);
});

test('connect: wrong words and options are told, with the usage', async (t) => {
  const program = await clientProgram(t);
  const input = 'cd a b\nget\nls -x\ndelete "open\nget -- -r\n';
  const { stderr, status } = await program.run(['connect', ...reaching(program), program.alice], { input });
  t.is(status, 2);
  const lines = stderr.trim().split('\n');
  t.is(lines.length, 5);
  t.regex(lines[0] ?? '', /Usage: cd/);
  t.regex(lines[1] ?? '', /Usage: download/);
  t.regex(lines[2] ?? '', /no option -x/);
  t.regex(lines[3] ?? '', /quote " is not closed/);
  t.regex(lines[4] ?? '', /\/-r: No such file/);
});

test('connect: a connection that is lost ends with 255 and says so', async (t) => {
  const program = await clientProgram(t);
  let stopping: Promise<void> | undefined;
  const onOutput = (): void => {
    stopping = program.server.stop();
  };
  const { status, stderr } = await program.run(['connect', ...reaching(program), program.alice], {
    input: 'pwd\n',
    onOutput,
  });
  await stopping;
  t.is(status, 255);
  t.regex(stderr, /Connection lost/);
});
