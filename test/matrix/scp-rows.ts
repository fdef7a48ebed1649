// The old scp protocol, both ways. The scp of today speaks SFTP.

import type { ClientChannel } from 'ssh2';
import { Absent, CONTENT, holds, type Peer, Refused, type Row } from './row.ts';

/** Plays a whole peer, who sends all at once: `scp -t` answers each step, and `scp -f` wants as many noughts. */
export function playScp({ ssh }: Peer, line: string, script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    ssh.exec(line, (error, channel: ClientChannel) => {
      if (error) return reject(error);
      let output = '';
      let status: number | undefined;
      channel.on('data', (chunk: Buffer) => {
        output += chunk.toString('latin1');
      });
      channel.on('exit', (code: number) => {
        status = code;
      });
      channel.on('close', () => {
        if (status === 0) resolve(output);
        else if (output.includes('\u0001') && output.includes('Permission denied')) reject(new Refused(output));
        else if (output.includes('\u0001') && output.includes('No such file')) reject(new Absent(output));
        else reject(new Error(`exit status ${status}: ${JSON.stringify(output)}`));
      });
      channel.end(script);
    });
  });
}

export const SCP_ROWS: readonly Row[] = [
  {
    title: 'scp -t of a new file',
    needs: ['upload'],
    run: (peer, { at }) => playScp(peer, `scp -t ${at('new')}`, 'C0644 3 new\nnew\0'),
    isDone: (host) => holds(host, 'new', 'new'),
  },
  {
    title: 'scp -t over a file',
    needs: ['overwrite'],
    run: (peer, { at }) => playScp(peer, `scp -t ${at('file')}`, 'C0644 3 file\nnew\0'),
    isDone: (host) => holds(host, 'file', 'new'),
  },
  {
    title: 'scp -pt of a new file with mode and times',
    needs: ['upload'],
    run: (peer, { at }) => playScp(peer, `scp -pt ${at('new')}`, 'T1 0 2 0\nC0600 3 new\nnew\0'),
    isDone: (host) => holds(host, 'new', 'new'),
  },
  {
    title: 'scp -pt over a file with mode and times',
    needs: ['overwrite', 'chmod', 'chtimes'],
    run: (peer, { at }) => playScp(peer, `scp -pt ${at('file')}`, 'T1 0 2 0\nC0600 3 file\nnew\0'),
    isDone: (host) => holds(host, 'file', 'new'),
    hasParts: true,
  },
  {
    title: 'scp -rt of a folder',
    needs: ['create_dirs', 'upload'],
    run: (peer, { at }) => playScp(peer, `scp -rt ${at('made')}`, 'D0755 0 made\nC0644 3 new\nnew\0E\n'),
    isDone: (host) => holds(host, 'made/new', 'new'),
    hasParts: true,
  },
  {
    title: 'scp -f of a file',
    needs: ['list', 'download'],
    answer: CONTENT,
    run: (peer, { at }) => playScp(peer, `scp -f ${at('file')}`, '\0\0\0'),
  },
  {
    title: 'scp -rf of a folder',
    needs: ['list', 'download'],
    answer: CONTENT,
    run: (peer, { at }) => playScp(peer, `scp -rf ${at('folder')}`, '\0\0\0\0\0'),
  },
];
