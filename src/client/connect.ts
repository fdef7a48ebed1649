// Puts the client together: a connection, an SFTP session on it, and the files behind that.

import { parsePath, type VirtualPath } from '../model/path.ts';
import { type Client, createClient } from './client.ts';
import { type ConnectionOptions, noAnswer, openConnection, TIMEOUT_MS } from './connection.ts';
import { ConnectionError } from './connection-error.ts';
import { startDeadline } from './deadline.ts';
import { createRemoteFiles } from './remote-files.ts';
import { createSession, type Session } from './session.ts';

/**
 * Connects to an SSH server, checks that it is the right one, logs in and opens an SFTP session.
 *
 * @throws ConnectionError, or what a callback of the options threw
 */
export async function connect(options: ConnectionOptions): Promise<Client> {
  const { sftp, hostKey, closed, end } = await openConnection(options);
  const session = createSession(sftp, closed);
  const files = createRemoteFiles(session);
  const { host, port = 22, user, timeoutMs = TIMEOUT_MS } = options;
  let late: ConnectionError | undefined;
  const deadline = startDeadline(timeoutMs, () => {
    late = noAnswer(options);
    void end();
  });
  try {
    const home = await findHome(session);
    return createClient({ session, files, host, port, user, hostKey, home, closed, end });
  } catch (error) {
    await end();
    const reason = late ?? session.ended();
    if (reason instanceof ConnectionError) throw reason;
    throw new ConnectionError('protocol', `${host} port ${port}: The server does not tell where its paths begin`, {
      cause: error,
    });
  } finally {
    deadline.stop();
  }
}

/** Paths that are not absolute begin at "." on the server. */
async function findHome(session: Session): Promise<VirtualPath> {
  return parsePath((await session.request<string>('.', (sftp, answer) => sftp.realpath('.', answer))) ?? '/');
}
