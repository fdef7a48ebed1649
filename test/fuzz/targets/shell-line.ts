// A line for the shell: its words, the forms client programs wrap it in, its options, and what Tab is asked about it.

import { decodeBytes, encodeBytes } from '../../../src/model/bytes.ts';
import { readClientLine } from '../../../src/shell/client-line.ts';
import { COMMANDS } from '../../../src/shell/commands/table.ts';
import { readOptions, UsageError } from '../../../src/shell/options.ts';
import { ParseError, parseLine, parseOpenLine, quoteWord } from '../../../src/shell/parse.ts';
import { holds, pure, type Target, unlessRefused } from '../target.ts';

export const shellLine: Target = {
  name: 'shell-line',
  invariant:
    'a line is words or a ParseError, the words of a command are options and operands or a UsageError; quoted, any word is read back as that one word',
  covers: ['/src/shell/parse', '/src/shell/options', '/src/shell/client-line', '/src/model/bytes'],
  dictionary: [
    ...COMMANDS.map(({ name }) => `${name} `),
    ...['"', "'", '\\', '~/', '$(', '--', ' -', '|', '*', '[a-z]', '\r\n', '\u00e9', Buffer.of(0xff)],
    ...['/bin/sh -c ', ' && sleep 0', ' ; echo "WinSCP: this is end-of-file:$?"', 'echo "$?"'],
  ],
  seeds: [
    'list -l --all "a b" ~/x \'c\'*',
    'find . -name "*.txt" -type f',
    "/bin/sh -c 'echo ~ && sleep 0'",
    'pwd ; echo "WinSCP: this is end-of-file:$?"',
    'preview -n 5 --lines=3 x\\ y',
  ],
  maxBytes: 4096,
  begin: pure((input) => {
    const text = decodeBytes(input);
    holds(encodeBytes(text).equals(input), 'the text has other bytes');
    const { command, endMark } = readClientLine(text, 0);
    holds(text.includes(command) || command === 'echo 0', 'the command was not in the line');
    endMark?.(1);
    const words = unlessRefused(() => parseLine(command), ParseError) ?? [];
    const texts = words.map((word) => word.text);
    for (const syntax of COMMANDS) unlessRefused(() => readOptions(syntax, texts.slice(1)), UsageError);
    for (const word of texts) {
      for (const quote of ['', '"', "'"] as const) {
        const [again, ...more] = parseLine(quoteWord(word, quote));
        holds(again?.text === word && more.length === 0, `${JSON.stringify(word)} is read back as another`);
        holds(again.pattern === undefined && !again.home, `${JSON.stringify(word)} means something, quoted`);
      }
    }
    const open = parseOpenLine(text).open;
    holds(open.start >= 0 && open.start <= text.length, 'the open word begins outside of the line');
  }),
};
