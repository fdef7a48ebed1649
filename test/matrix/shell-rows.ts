// Every command of the shell that touches files: by itself after `ssh host` (exec), and typed into a shell.

import type { ClientCallback } from 'ssh2';
import { Absent, CONTENT, holds, isGone, type Peer, Refused, type Row } from './row.ts';

export interface CommandRow extends Omit<Row, 'run'> {
  /** `{}` stands for the folder of the row. */
  readonly line: string;
  readonly input?: string;
  /** It reads its input, which a shell does not have. */
  readonly execOnly?: boolean;
}

export const COMMAND_ROWS: readonly CommandRow[] = [
  { title: 'list', line: 'list {}/folder', needs: ['list'], answer: 'inner' },
  { title: 'list of a file', line: 'list -l {}/file', needs: ['list'], answer: 'file' },
  { title: 'preview', line: 'preview {}/file', needs: ['download'], answer: CONTENT },
  { title: 'cat', line: 'cat {}/file', needs: ['download'], answer: CONTENT },
  { title: 'download', line: 'download {}/file', needs: ['download'], answer: CONTENT, execOnly: true },
  {
    title: 'upload',
    line: 'upload {}/new',
    input: 'new',
    needs: ['upload'],
    isDone: (host) => holds(host, 'new', 'new'),
    execOnly: true,
  },
  {
    title: 'upload over a file',
    line: 'upload {}/file',
    input: 'new',
    needs: ['overwrite'],
    isDone: (host) => holds(host, 'file', 'new'),
    execOnly: true,
  },
  {
    title: 'delete',
    line: 'delete {}/file',
    needs: ['list', 'delete_files'],
    isDone: (host) => isGone(host, 'file'),
  },
  {
    title: 'delete of a folder',
    line: 'delete -r {}/folder',
    needs: ['list', 'delete_files', 'delete_dirs'],
    isDone: (host) => isGone(host, 'folder'),
  },
  {
    title: 'mkdir',
    line: 'mkdir {}/made',
    needs: ['create_dirs'],
    isDone: async (host) => !(await isGone(host, 'made')),
  },
  { title: 'rmdir', line: 'rmdir {}/empty', needs: ['delete_dirs'], isDone: (host) => isGone(host, 'empty') },
  {
    title: 'move of a file',
    line: 'move {}/file {}/moved',
    needs: ['list', 'rename_files'],
    isDone: (host) => holds(host, 'moved', CONTENT),
  },
  {
    title: 'move of a folder',
    line: 'move {}/folder {}/moved',
    needs: ['list', 'rename_dirs'],
    isDone: (host) => holds(host, 'moved/inner', CONTENT),
  },
  {
    title: 'move over a file',
    line: 'move {}/file {}/other',
    needs: ['list', 'rename_files', 'overwrite'],
    isDone: (host) => holds(host, 'other', CONTENT),
  },
  {
    title: 'copy',
    line: 'copy {}/file {}/new',
    needs: ['list', 'copy', 'upload'],
    isDone: (host) => holds(host, 'new', CONTENT),
  },
  {
    title: 'copy over a file',
    line: 'copy {}/file {}/other',
    needs: ['list', 'copy', 'overwrite'],
    isDone: (host) => holds(host, 'other', CONTENT),
  },
  {
    title: 'copy of a folder',
    line: 'copy -r {}/folder {}/new',
    needs: ['list', 'create_dirs', 'copy', 'upload'],
    isDone: (host) => holds(host, 'new/inner', CONTENT),
    hasParts: true,
  },
  { title: 'cd', line: 'cd {}/folder', needs: ['list'], orOneOf: ['upload', 'create_dirs'] },
  { title: 'stat', line: 'stat {}/file', needs: ['list'], answer: '14' },
  { title: 'tree', line: 'tree {}', needs: ['list'], answer: 'inner' },
  { title: 'find', line: 'find {} -name inner', needs: ['list'], answer: 'folder/inner' },
  { title: 'du', line: 'du {}', needs: ['list'], answer: 'folder' },
  { title: 'df', line: 'df {}', needs: ['list'], orOneOf: ['upload', 'create_dirs'], answer: '%' },
  {
    title: 'sha256sum',
    line: 'sha256sum {}/file',
    needs: ['download'],
    answer: '21489f987016921f0d539a3ff82b9207693cec8cf2770b6d1fec5c8406865a02',
  },
  {
    title: 'sha1sum',
    line: 'sha1sum {}/file',
    needs: ['download'],
    answer: '787ab2d3f754ee0f8ea8a82e90841180935dd3e3',
  },
  { title: 'md5sum', line: 'md5sum {}/file', needs: ['download'], answer: 'fa7fe85998cab024e68406838eaa2543' },
];

/** Those that ask nothing of files. */
export const COMMANDS_WITHOUT_FILES: readonly string[] = [
  'pwd',
  'passwd',
  'totp',
  'keys',
  'whoami',
  'sessions',
  'echo',
  'help',
  'quit',
  'exit',
];

export const EXEC_ROWS: readonly Row[] = COMMAND_ROWS.map(({ line, input = '', ...row }) => ({
  ...row,
  run: (peer, { at }) => execute(peer, line.replaceAll('{}', at('')), input),
}));

export const SHELL_ROWS: readonly Row[] = COMMAND_ROWS.filter(({ execOnly }) => execOnly !== true).map(
  ({ line, ...row }) => ({ ...row, run: (peer, { at }) => type(peer, line.replaceAll('{}', at(''))) }),
);

/** Runs one command by itself. */
export function execute({ ssh }: Peer, line: string, input = ''): Promise<string> {
  return play((opened) => ssh.exec(line, opened), input);
}

/** Types one command into a shell, which ends with its status. */
export function type({ ssh }: Peer, line: string): Promise<string> {
  return play((opened) => ssh.shell(false, opened), `${line}\nexit\n`);
}

/** Opens a channel, sends `input`, and resolves to what came back when the channel is closed. */
function play(open: (opened: ClientCallback) => void, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    open((error, channel) => {
      if (error) return reject(error);
      let output = '';
      let errors = '';
      let status: number | undefined;
      channel.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
      channel.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString('utf8');
      });
      channel.on('exit', (code: number) => {
        status = code;
      });
      channel.on('close', () => {
        if (status === 0) resolve(output);
        else if (status === 1 && errors.includes('Permission denied')) reject(new Refused(errors));
        else if (status === 1 && errors.includes('No such file')) reject(new Absent(errors));
        else reject(new Error(`exit status ${status}: ${errors}`));
      });
      channel.end(input);
    });
  });
}
