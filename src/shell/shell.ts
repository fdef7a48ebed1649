// The two ways to use the shell over a channel: typing commands one after another, and `ssh host COMMAND`. Puts input,
// output, pager and ^C together for them; what a line does is runner.ts's.

import { ROOT } from '../model/path.ts';
import { printable } from '../model/printable.ts';
import { PeerGone } from '../streams/peer-gone.ts';
import { type ByteInput, createByteInput } from './byte-input.ts';
import { misledClientAdvice } from './client-line.ts';
import { type Command, isNamed, type Session } from './command.ts';
import { type CommandIo, createCommandIo } from './command-io.ts';
import { shownCommands } from './commands/available.ts';
import { type Completion, completeLine } from './completion.ts';
import { createHistory } from './line/history.ts';
import { type Keyboard, openKeyboard } from './line/keyboard.ts';
import type { ScreenSize } from './line/line-screen.ts';
import { readLine } from './line/read-line.ts';
import { spellings } from './options.ts';
import { createOutput, type Output } from './output.ts';
import { createPager } from './pager.ts';
import { EXIT } from './report.ts';
import { runLine } from './runner.ts';
import { Interrupted } from './stop.ts';
import type { Pty, ShellContext, Terminal } from './terminal.ts';
import { inColumns } from './view/columns.ts';

/**
 * Serves a shell until the user leaves, the input ends or the peer is gone; resolves to the exit status. The caller
 * sends that and ends the channel.
 */
export function runShell(context: ShellContext, terminal: Terminal): Promise<number> {
  const session = newSession('shell');
  return untilPeerGone(terminal, () =>
    terminal.pty === undefined
      ? shellWithoutTerminal(session, context, terminal)
      : withKeyboard(terminal, terminal.pty, (desk) => shellAtTerminal(session, context, desk)),
  );
}

/** Runs one command line; resolves to its exit status. Piped input is the command's own. */
export function runCommand(line: string, context: ShellContext, terminal: Terminal): Promise<number> {
  const session = newSession('exec');
  return untilPeerGone(terminal, async () => {
    const status =
      terminal.pty === undefined
        ? await runPiped(line, session, context, terminal, createByteInput(terminal.input))
        : await withKeyboard(terminal, terminal.pty, (desk) => runAtTerminal(line, session, context, desk));
    return session.leaving ?? status;
  });
}

function newSession(mode: Session['mode']): Session {
  return { mode, directory: ROOT, previousDirectory: ROOT, lastStatus: EXIT.ok, leaving: undefined };
}

async function untilPeerGone(terminal: Terminal, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PeerGone || terminal.signal.aborted) return EXIT.failed;
    throw error;
  }
}

function promptOf(session: Session, { identity }: ShellContext): string {
  return `${printable(identity.user)}@sshome:${printable(session.directory)}$ `;
}

// Without a terminal: lines from the input, plain text to the output.

async function shellWithoutTerminal(session: Session, context: ShellContext, terminal: Terminal): Promise<number> {
  const { signal } = terminal;
  const input = createByteInput(terminal.input);
  const errorOutput = createOutput(terminal.errorOutput, { terminal: false, signal });
  while (session.leaving === undefined) {
    // Beside the output, as `bash -i` does it: people see it, and what is piped on stays clean.
    await errorOutput.text(promptOf(session, context));
    await errorOutput.flush();
    const line = await input.readLine(signal);
    if (line === undefined) return session.lastStatus;
    if (line.text === undefined) {
      await errorOutput.text('sshome: the line is too long\n');
      session.lastStatus = EXIT.usage;
      continue;
    }
    const advice = misledClientAdvice(line.text);
    if (advice !== undefined) {
      await errorOutput.text(`sshome: ${advice}\n`);
      await errorOutput.flush();
      return EXIT.unknownCommand;
    }
    session.lastStatus = await runPiped(line.text, session, context, terminal, input);
  }
  return session.leaving;
}

async function runPiped(
  line: string,
  session: Session,
  context: ShellContext,
  terminal: Terminal,
  input: ByteInput,
): Promise<number> {
  const { signal } = terminal;
  const output = createOutput(terminal.output, { terminal: false, signal });
  const io = createCommandIo({
    output,
    errorOutput: createOutput(terminal.errorOutput, { terminal: false, signal }),
    pager: undefined,
    columns: () => undefined,
    signal,
    // Between the lines of a shell the input holds the next commands, not data.
    input: session.mode === 'exec' ? input : undefined,
    ask: async () => (await input.readLine(signal))?.text,
  });
  const status = await runLine(line, session, context, io);
  await output.flush();
  return status;
}

// At a terminal: keys, an edited line, pages, ^C.

interface Desk {
  readonly keyboard: Keyboard;
  readonly output: Output;
  readonly size: () => ScreenSize & { readonly paged: boolean };
  readonly signal: AbortSignal;
}

async function withKeyboard(terminal: Terminal, pty: Pty, work: (desk: Desk) => Promise<number>): Promise<number> {
  const { signal } = terminal;
  const keyboard = openKeyboard(terminal.input, signal);
  const stopWatching = pty.onResize(() => keyboard.resized());
  try {
    const output = createOutput(terminal.output, { terminal: true, signal });
    return await work({ keyboard, output, size: () => sizeOf(pty), signal });
  } finally {
    stopWatching();
    keyboard.close();
  }
}

/** What clients say of their window, brought to sizes that can be worked with; 0 means that they do not know. */
function sizeOf({ columns, rows }: Pty): ScreenSize & { readonly paged: boolean } {
  return {
    columns: columns > 0 ? Math.min(columns, 2000) : 80,
    rows: rows > 0 ? Math.min(rows, 1000) : 24,
    paged: rows > 1,
  };
}

async function shellAtTerminal(session: Session, context: ShellContext, desk: Desk): Promise<number> {
  const { keyboard, output, size, signal } = desk;
  const history = createHistory();
  await output.text(
    `sshome: the files of ${printable(context.identity.user)}. "help" lists the commands, "quit" leaves.\n`,
  );
  while (session.leaving === undefined) {
    const read = await readLine({
      keyboard,
      output,
      size,
      signal,
      prompt: promptOf(session, context),
      history,
      complete: (beforeCursor) => complete(beforeCursor, session, context, signal),
      columns: inColumns,
    });
    if (read.kind === 'end') return session.lastStatus;
    if (read.kind === 'interrupt') {
      session.lastStatus = EXIT.interrupted;
      continue;
    }
    history.add(read.text);
    session.lastStatus = await runAtTerminal(read.text, session, context, desk);
  }
  return session.leaving;
}

async function runAtTerminal(line: string, session: Session, context: ShellContext, desk: Desk): Promise<number> {
  const { keyboard, output, size } = desk;
  const interrupt = new AbortController();
  const signal = AbortSignal.any([desk.signal, interrupt.signal]);
  const pager = createPager({ keyboard, output, size, signal });
  const io: CommandIo = createCommandIo({
    output,
    errorOutput: output,
    pager,
    columns: () => size().columns,
    signal,
    input: undefined,
    ask: async (question, options) => {
      pager.restart();
      const hidden = options?.secret === true;
      const answer = await readLine({ keyboard, output, size, signal, prompt: printable(question), hidden });
      if (answer.kind === 'interrupt') throw new Interrupted();
      return answer.kind === 'line' ? answer.text : undefined;
    },
  });
  keyboard.onInterrupt = () => interrupt.abort(new Interrupted());
  try {
    const status = await runLine(line, session, context, io);
    if (interrupt.signal.aborted) await output.text('^C\n');
    return status;
  } finally {
    keyboard.onInterrupt = undefined;
  }
}

async function complete(
  beforeCursor: string,
  session: Session,
  context: ShellContext,
  signal: AbortSignal,
): Promise<Completion> {
  const commands = shownCommands(context);
  return completeLine(beforeCursor, {
    files: context.files,
    directory: session.directory,
    signal,
    commands: commands.flatMap((command) => [command.name, ...command.aliases]),
    describe: (name) => {
      const command = commands.find((candidate) => isNamed(candidate, name));
      return command && { completes: command.completes, options: optionsOf(command) };
    },
  });
}

function optionsOf(command: Command): string[] {
  return Object.values(command.options).flatMap((option) => spellings(option, command));
}
