// Loaded into the server before its own code (node --expose-gc --import): tells the soak, over a socket, what only the
// process itself knows of its memory. It touches nothing of the server.

import { createServer } from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** One answer, as a line of JSON. */
export interface MemoryReport {
  /** Bytes of live and not yet collected JavaScript objects. */
  readonly heapUsedBytes: number;
  /** Bytes of ArrayBuffers and Buffers. */
  readonly arrayBuffersBytes: number;
  /** Microseconds of processor time, all threads, user and system together. */
  readonly processorUs: number;
  /** Worker threads of Node's that run: each has descriptors of its own. */
  readonly workerThreads: number;
}

/** The request before which the garbage is collected. */
export const AFTER_COLLECTION = 'collected';
export const AS_IT_IS = 'as it is';

/** The environment variable that names the socket. */
export const SOCKET_VARIABLE = 'TEST_SOAK_SOCKET';

const path = process.env[SOCKET_VARIABLE];
// Threads of the server inherit Node's words.
if (isMainThread && path !== undefined) {
  let workerThreads = 0;
  process.on('worker', (worker) => {
    workerThreads += 1;
    worker.once('exit', () => {
      workerThreads -= 1;
    });
  });
  const listener = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8').once('data', (request: string) => {
      // Twice: what a first collection finalizes, the second one frees.
      if (request === AFTER_COLLECTION) for (let times = 0; times < 2; times += 1) globalThis.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const report: MemoryReport = {
        heapUsedBytes: heapUsed,
        arrayBuffersBytes: arrayBuffers,
        processorUs: user + system,
        workerThreads,
      };
      socket.end(JSON.stringify(report));
    });
  });
  listener.listen(path).unref();
}
