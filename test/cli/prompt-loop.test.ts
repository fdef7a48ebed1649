// The interactive client at a terminal that is none, with a server that is none.

import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { runPromptLoop } from '../../src/cli/interactive/prompt-loop.ts';
import type { Client } from '../../src/client/client.ts';
import type { ConnectionError } from '../../src/client/connection-error.ts';
import { ROOT } from '../../src/model/path.ts';
import { until } from '../helpers/until.ts';

const never = (): Promise<never> => new Promise(() => {});

function terminal(t: ExecutionContext, client: Partial<Client>) {
  t.timeout(20_000);
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const whole = { host: 'host', user: 'alice', home: ROOT, closed: never(), ...client } as unknown as Client;
  const ended = runPromptLoop(whole, ROOT, { input, output, errorOutput: output });
  return { input, ended, shows: (text: string) => until(() => shown.includes(text)) };
}

/*
 * What was wrong: the question before `delete -r` was waited for for ever when the terminal was closed, or the connection
 * lost, before it was answered: the program hung, or ended with status 13 and without a word.
 * How it was reached: ^D at the question, or a server that went away meanwhile.
 * What this verifies: both are a no, and end the loop.
 */
test('prompt loop: the end of the input at a question is a no', async (t) => {
  const { input, ended, shows } = terminal(t, { delete: () => Promise.reject(new Error('deleted')) });
  input.write('delete -r folder\r');
  await shows('(yes/no)');
  input.write('\x04');
  t.is(await ended, 0);
});

test('prompt loop: the end of the connection at a question is a no', async (t) => {
  let lose: ((reason: ConnectionError | undefined) => void) | undefined;
  const closed = new Promise<ConnectionError | undefined>((resolve) => {
    lose = resolve;
  });
  const { input, ended, shows } = terminal(t, { closed, delete: () => Promise.reject(new Error('deleted')) });
  input.write('delete -r folder\r');
  await shows('(yes/no)');
  lose?.(undefined);
  t.is(await ended, 0);
});

/*
 * What was wrong: ^C did nothing while a command ran that is no transfer.
 * How it was reached: `list` of a folder whose server is silent, or of one without end.
 * What this verifies: it is told to be interrupted, and the prompt is back.
 */
test('prompt loop: ^C interrupts a command that waits for the server', async (t) => {
  let asked = false;
  const { input, ended, shows } = terminal(t, {
    files: { lstat: never } as unknown as Client['files'],
    list: never,
    stat: () => {
      asked = true;
      return never();
    },
  });
  input.write('cd folder\r');
  await until(() => asked);
  input.write('\x03');
  await shows('Interrupted');
  input.write('quit\r');
  t.is(await ended, 0);
});
