// Runs one line: parse, expand, find the command, run it, report. The same for a line typed in the shell and for
// `ssh host COMMAND`.

import { closest, distance } from 'fastest-levenshtein';
import { isFileError } from '../model/error.ts';
import { printableShort } from '../model/printable.ts';
import { readClientLine } from './client-line.ts';
import { type Command, isNamed, type Session } from './command.ts';
import type { CommandIo } from './command-io.ts';
import { callableCommands, shownCommands } from './commands/available.ts';
import { foreignProgramAdvice } from './foreign-programs.ts';
import { expandWords } from './glob.ts';
import { parseLine, type Word } from './parse.ts';
import { EXIT, reportError } from './report.ts';
import { Interrupted } from './stop.ts';
import type { ShellContext } from './terminal.ts';

/** Runs a line and resolves to its exit status; an empty line keeps the last one. Fails only when the peer is gone. */
export async function runLine(line: string, session: Session, context: ShellContext, io: CommandIo): Promise<number> {
  const { command, endMark } = readClientLine(line, session.lastStatus);
  const status = await runCommandLine(command, session, context, io);
  if (endMark !== undefined && !io.signal.aborted) await io.line(endMark(status));
  return status;
}

async function runCommandLine(line: string, session: Session, context: ShellContext, io: CommandIo): Promise<number> {
  let name = 'sshome';
  try {
    const words = parseLine(line);
    const [first, ...rest] = words;
    if (first === undefined) return session.lastStatus;
    name = first.text;
    const command = callableCommands(context).find((candidate) => isNamed(candidate, name));
    if (command === undefined) return await unknownCommand(name, shownCommands(context), io);
    return await command.run(await argumentsOf(command, rest, session, context, io), {
      session,
      context,
      io,
      name,
      commands: shownCommands(context),
    });
  } catch (error) {
    // Whatever fails once ^C was pressed or the peer is gone fails because of that.
    if (io.signal.aborted && (error === io.signal.reason || isFileError(error))) return stopStatus(io.signal.reason);
    const { text, status } = reportError(error, { command: name, log: context.log });
    if (text !== undefined) await io.error(text);
    return status;
  }
}

function stopStatus(reason: unknown): number {
  return reason instanceof Interrupted ? EXIT.interrupted : EXIT.failed;
}

async function argumentsOf(
  command: Command,
  words: readonly Word[],
  session: Session,
  { files }: ShellContext,
  { signal }: CommandIo,
): Promise<string[]> {
  if (command.literalWords === true) return words.map((word) => word.text);
  return expandWords(words, { files, directory: session.directory, signal });
}

async function unknownCommand(name: string, commands: readonly Command[], io: CommandIo): Promise<number> {
  const shown = printableShort(name, 80);
  const advice = foreignProgramAdvice(name) ?? nearest(name.slice(0, 80), commands);
  await io.error(`${shown}: unknown command. ${advice}`);
  return EXIT.unknownCommand;
}

function nearest(name: string, commands: readonly Command[]): string {
  const names = commands.flatMap((command) => [command.name, ...command.aliases]);
  const found = closest(name.toLowerCase(), names);
  const near = distance(name.toLowerCase(), found) <= Math.max(1, Math.ceil(name.length / 3));
  return near ? `Did you mean "${found}"? "help" lists the commands.` : '"help" lists the commands.';
}
