// help: what there is, from the table of commands.

import { type Call, type Command, defineCommand, isNamed } from '../command.ts';
import { optionLines, usageLine } from '../options.ts';
import { EXIT } from '../report.ts';
import { wrapText } from '../view/wrap.ts';

const DEFAULT_WIDTH = 80;

export const help: Command = defineCommand({
  name: 'help',
  aliases: ['?'],
  summary: 'list the commands, or explain one',
  operands: '[COMMAND]',
  count: [0, 1],
  completes: 'commands',
  options: {},
  literalWords: true,
  run: async (call) => {
    const [name] = call.operands;
    if (name === undefined) {
      await showAll(call);
      return EXIT.ok;
    }
    const command = call.commands.find((candidate) => isNamed(candidate, name));
    if (command === undefined) {
      await call.io.error(`help: there is no command ${name}; "help" lists them`);
      return EXIT.failed;
    }
    await showOne(call, command);
    return EXIT.ok;
  },
});

async function showAll({ io, commands }: Call): Promise<void> {
  const rows = commands.map((command) => ({
    left: [command.name, ...command.aliases].join(', '),
    right: command.summary,
  }));
  for (const line of inTwoColumns(rows, io.columns)) await io.line(line);
  await io.line('');
  for (const line of wrapText(
    'help COMMAND explains one. Names with spaces are quoted: "a b" or a\\ b.',
    io.columns ?? DEFAULT_WIDTH,
  )) {
    await io.line(line);
  }
}

async function showOne({ io }: Call, command: Command): Promise<void> {
  const width = io.columns ?? DEFAULT_WIDTH;
  await io.line(usageLine(command));
  for (const line of wrapText(`${capital(command.summary)}. ${command.details}`.trimEnd(), width)) await io.line(line);
  if (command.aliases.length > 0) await io.line(`Also: ${command.aliases.join(', ')}`);
  const rows = optionLines(command).map(({ flags, summary }) => ({ left: flags, right: summary }));
  for (const line of inTwoColumns(rows, io.columns)) await io.line(line);
  for (const { usage, summary } of command.forms) {
    await io.line('');
    await io.line(`  ${usage}`);
    for (const line of wrapText(summary, width - 6)) await io.line(`      ${line}`);
  }
}

/** What is left in a column of its own, what is right wrapped beside it. */
function inTwoColumns(rows: readonly { left: string; right: string }[], columns: number | undefined): string[] {
  const leftWidth = rows.reduce((most, { left }) => Math.max(most, left.length), 0) + 4;
  const width = Math.max(20, (columns ?? DEFAULT_WIDTH) - leftWidth);
  return rows.flatMap(({ left, right }) =>
    wrapText(right, width).map((line, index) => (index === 0 ? `  ${left}` : '').padEnd(leftWidth) + line),
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
