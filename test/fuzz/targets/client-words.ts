// What is typed at the client: lines of the interactive one, and names of servers on the command line.

import { parseUnfinished, parseWords, quoteWord } from '../../../src/cli/interactive/words.ts';
import { isRemoteArgument, parseDestination, parseRemoteArgument } from '../../../src/cli/remote-argument.ts';
import { UsageError } from '../../../src/cli/usage-error.ts';
import { decodeBytes } from '../../../src/model/bytes.ts';
import { holds, pure, type Target, unlessRefused } from '../target.ts';

export const clientWords: Target = {
  name: 'client-words',
  invariant:
    'a line is words or a UsageError, and a quoted word is read back as that one; a server has a name or is a UsageError',
  covers: ['/src/cli/interactive/words', '/src/cli/remote-argument'],
  dictionary: ['sftp://', '@', ':', '[::1]', '[', ']', '%2f', '%', '~', '/', '"', "'", '\\', ' ', '\u00a0', '\u2028'],
  seeds: ['put "a b" c\\ d', 'alice@example.com:dir/f', 'sftp://alice@host:2222/~/x%20y', '[::1]:x', "get 'it''s' *"],
  maxBytes: 1000,
  begin: pure((input) => {
    const text = decodeBytes(input);
    for (const { text: word } of unlessRefused(() => parseWords(text), UsageError) ?? []) {
      if (word === '') continue;
      const [again, ...more] = parseWords(quoteWord(word));
      holds(again?.text === word && more.length === 0, `${JSON.stringify(word)} is read back as another`);
    }
    holds(parseUnfinished(text).length > 0, 'nothing is being typed');
    for (const read of [parseRemoteArgument, parseDestination]) {
      const remote = unlessRefused(() => read(text), UsageError);
      holds(remote === undefined || remote.host !== '', 'a server without a name');
    }
    isRemoteArgument(text);
  }),
};
