// What a server holds at one moment, seen from outside: memory, descriptors, live connections. Needs Linux' /proc.

import { readdir, readFile, readlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { askServer } from '../../src/control/ask.ts';
import { AFTER_COLLECTION, AS_IT_IS, type MemoryReport } from './report-memory.ts';

export interface Sample extends MemoryReport {
  /** Resident memory of the whole process (VmRSS). */
  readonly rssBytes: number;
  /** Everything in /proc/PID/fd. */
  readonly descriptors: number;
  /** Those of them that are files and folders in the users' homes. */
  readonly homeDescriptors: number;
  /** Logged-in connections, as `sshome session list` shows them. */
  readonly liveConnections: number;
}

export interface Sampled {
  readonly pid: number;
  readonly homes: string;
  /** The folder of the control socket. */
  readonly state: string;
  /** The socket of report-memory.ts. */
  readonly socket: string;
}

/** The server as it is; `collected` is after a garbage collection. */
export async function sample(server: Sampled, options: { readonly collected: boolean }): Promise<Sample> {
  const held = await descriptorsOf(server);
  const liveConnections = (await askServer(server.state, { verb: 'session list' })).length;
  const memory = await memoryOf(server, options.collected ? AFTER_COLLECTION : AS_IT_IS);
  return { ...memory, rssBytes: await rssOf(server.pid), ...held, liveConnections };
}

export async function descriptorsOf({
  pid,
  homes,
}: Pick<Sampled, 'pid' | 'homes'>): Promise<Pick<Sample, 'descriptors' | 'homeDescriptors'>> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((name) =>
      readlink(`${folder}/${name}`).catch((error: NodeJS.ErrnoException) => {
        // Closed between the two calls.
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    ),
  );
  const open = links.filter((link) => link !== undefined);
  return {
    descriptors: open.length,
    homeDescriptors: open.filter((link) => link === homes || link.startsWith(`${homes}/`)).length,
  };
}

async function rssOf(pid: number): Promise<number> {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

function memoryOf({ socket: path }: Sampled, request: string): Promise<MemoryReport> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => socket.write(request));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('error', reject);
    socket.once('end', () => resolve(JSON.parse(text) as MemoryReport));
  });
}
