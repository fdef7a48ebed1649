// What is written to a socket in one turn of the event loop leaves in one piece.

import type { Socket } from 'node:net';

/** Returns what is to be called before each write. */
export function leaveTogether(socket: Socket): () => void {
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };
  return () => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(uncork);
  };
}
