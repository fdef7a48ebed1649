// A server inside your own program: settings as in sshome.yaml, stopped when you say.
// In your program import from 'sshome'.

import { loadConfig, startServer } from '../src/index.ts';

/** Serves the users of `credentials` on a free port, and resolves to the address and what stops it. */
export async function serve(settings: {
  credentials: string;
  homes: string;
  keys: string;
}): Promise<{ port: number; stop: () => Promise<void> }> {
  const config = await loadConfig({ flags: { ...settings, port: '0' }, environment: {} });
  const server = await startServer(config, { quiet: true });
  return { port: server.port, stop: () => server.stop() };
}
