// The command line's end of the control socket, with a server of the test at the other end.

import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { askServer, ControlError } from '../../src/control/ask.ts';
import { controlSocketIn } from '../../src/control/request.ts';
import { temporaryFolder } from '../helpers/folder.ts';

/** Answers what it was asked with `answer`; never, if that is undefined. */
async function withServer(t: ExecutionContext, answer: string | undefined): Promise<string> {
  const folder = await temporaryFolder(t);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', () => answer !== undefined && socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(controlSocketIn(folder), resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return folder;
}

// What was wrong: a server that is there and does not answer was waited for without end.
// How reached: a server that is stopped (SIGSTOP), and any change on the command line, which is recorded there.
// What this verifies: it is an error after the limit, and the server is not taken for none.
test('control: a server that does not answer is an error after the limit', async (t) => {
  const folder = await withServer(t, undefined);
  const error = await t.throwsAsync(askServer(folder, { verb: 'ban list' }, 50), { instanceOf: ControlError });
  t.regex(error?.message ?? '', /has not answered for 0\.05 seconds/);
  t.false(error?.noServer);
});

test('control: an answer within the limit is the answer, a server that is not there is told as that', async (t) => {
  t.deepEqual(await askServer(await withServer(t, '{"answer":[]}\n'), { verb: 'ban list' }), []);
  const error = await t.throwsAsync(askServer(await temporaryFolder(t), { verb: 'ban list' }), {
    instanceOf: ControlError,
  });
  t.true(error?.noServer);
});
