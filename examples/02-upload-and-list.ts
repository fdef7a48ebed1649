// A client that puts a text on the server, looks at what is there, and fetches the text again.
// In your program import from 'sshome/client'.

import { connect } from '../src/client/index.ts';

/** Resolves to the names in the home and the text as it came back. */
export async function uploadAndList(server: {
  port: number;
  password: string;
  knownHosts: string;
}): Promise<{ names: string[]; text: string }> {
  const client = await connect({
    host: '127.0.0.1',
    port: server.port,
    user: 'alice',
    password: server.password,
    // A host never seen before is remembered; one that has changed is refused.
    knownHosts: { files: [server.knownHosts], unknown: 'accept-new' },
  });
  try {
    await client.upload(Buffer.from('hello, home\n'), '/letters.txt');
    const entries = await client.list('/');
    const text = await client.download('/letters.txt');
    return { names: entries.map((entry) => entry.name), text: text.toString('utf8') };
  } finally {
    await client.quit();
  }
}
