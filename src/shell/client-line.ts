// What client programs put around a command, because they take every server for a system shell: Ansible a shell of its
// own, WinSCP a mark that tells where the output ends. Only these forms, word for word; nothing of them reaches a shell.

import { ParseError, parseLine } from './parse.ts';

export interface ClientLine {
  /** The command alone. */
  readonly command: string;
  /** What to print after its output, given its exit status; undefined for nothing. */
  readonly endMark: ((status: number) => string) | undefined;
}

/** `pwd ; echo "WinSCP: this is end-of-file:$?"` (TCommandSet::FullCommand); a number where it wants no status. */
const WINSCP = /^(?<command>.*?) ; echo "(?<mark>WinSCP: this is end-of-file:)(?<status>\$\?|\d{1,3})"$/s;
/** How WinSCP asks whether `$?` is what it hopes: the status of the line before. */
const WINSCP_STATUS = 'echo "$?"';

const ANSIBLE_SHELL = '/bin/sh';
/** Appended by Ansible (ActionBase._low_level_execute_command), so that no output is lost with other servers. */
const ANSIBLE_END = ' && sleep 0';

/** How WinSCP begins in SCP mode, which needs a system shell and an scp within it. It would wait for both until its time is up. */
const WINSCP_SCP_MODE = 'echo "WinSCP: this is begin-of-file"';

/** What to say to a client that takes the shell for one that it can work through; undefined for every other line. */
export function misledClientAdvice(line: string): string | undefined {
  if (line.trimEnd() !== WINSCP_SCP_MODE) return undefined;
  return 'This server has no system shell. In WinSCP, choose SFTP as the file protocol of this site.';
}

/** @param lastStatus the exit status of the line before */
export function readClientLine(line: string, lastStatus: number): ClientLine {
  const { command = line, mark, status } = WINSCP.exec(line.trimEnd())?.groups ?? {};
  const endMark = mark === undefined ? undefined : (of: number) => `${mark}${status === '$?' ? of : status}`;
  if (command === WINSCP_STATUS) return { command: `echo ${lastStatus}`, endMark };
  return { command: withoutSystemShell(command), endMark };
}

/** `/bin/sh -c 'pwd && sleep 0'` is `pwd`. */
function withoutSystemShell(line: string): string {
  const [shell, option, command = '', ...more] = wordsOf(line);
  const isAnsible = shell === ANSIBLE_SHELL && option === '-c' && command.endsWith(ANSIBLE_END) && more.length === 0;
  return isAnsible ? command.slice(0, -ANSIBLE_END.length) : line;
}

/** None for a line that is no command; it is refused where it is run. */
function wordsOf(line: string): string[] {
  try {
    return parseLine(line).map(({ text }) => text);
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}
