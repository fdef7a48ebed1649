// The agent of a login: what it is waited for.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { mock } from 'node:test';
import test, { type ExecutionContext } from 'ava';
import ssh2 from 'ssh2';
import { connect } from '../../src/client/connect.ts';
import { temporaryFolder } from '../helpers/folder.ts';
import { makeKeyPair } from '../helpers/key-pair.ts';
import { packet, str, u8, u32 } from '../sftp/bytes-of.ts';
import { scriptedServer } from './scripted-server.ts';

/** An agent with one key, that signs what it is asked to when the test says so. */
async function slowAgent(t: ExecutionContext): Promise<{ path: string; asked: Promise<() => void> }> {
  const key = ssh2.utils.parseKey(makeKeyPair('ed25519').private);
  if (key instanceof Error) throw key;
  const path = join(await temporaryFolder(t), 'agent.sock');
  let ask = (_sign: () => void): void => {};
  const asked = new Promise<() => void>((resolve) => {
    ask = resolve;
  });
  const sockets: Socket[] = [];
  const agent = createServer((socket) => {
    sockets.push(socket);
    // ssh2 sends each request in one piece. Message numbers of draft-ietf-sshm-ssh-agent, section 6.1.
    socket.on('data', (request: Buffer) => {
      if (request[4] === 11) socket.write(packet(u8(12), u32(1), str(key.getPublicSSH()), str('')));
      else ask(() => socket.write(packet(u8(14), str(Buffer.concat([str('ssh-ed25519'), str(Buffer.alloc(64))])))));
    });
  });
  agent.listen(path);
  await once(agent, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    agent.close();
  });
  return { path, asked };
}

/*
 * What was wrong: the time a person takes to let an agent sign was taken for silence of the server, and the login was given up
 * after twenty seconds, although the documentation says that the time of people does not count.
 * How it was reached: an agent that asks for each signature (ssh-add -c), or a key that must be touched.
 * What this verifies: the login goes on when the agent answers after three times as long.
 */
test.serial('agent: the time a person takes to confirm a signature is not the time of the server', async (t) => {
  const agent = await slowAgent(t);
  const server = await scriptedServer(
    t,
    () => false,
    0,
    (context) => (context.method === 'publickey' ? context.accept() : context.reject(['publickey'])),
  );
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const connecting = connect({ ...server.options, agent: agent.path, timeoutMs: 20_000 });
  const sign = await Promise.race([agent.asked, connecting]);
  if (typeof sign !== 'function') return t.fail('logged in without the agent');
  mock.timers.tick(60_000);
  sign();
  const client = await connecting;
  await client.quit();
  t.is(await client.closed, undefined);
});
