// One pattern against one name: the first line of the input, and the second.

import { decodeBytes } from '../../../src/model/bytes.ts';
import { compilePattern, isPattern, literalOf } from '../../../src/model/glob-pattern.ts';
import { holds, pure, type Target } from '../target.ts';

export const globPattern: Target = {
  name: 'glob-pattern',
  invariant:
    'any text is a pattern; one without magic matches the text it stands for, an escaped name itself, and a star before and after matches what was matched before',
  covers: ['/src/model/glob-pattern'],
  dictionary: ['*', '?', '[', ']', '[!', '[^', '-', '\\', '[a-z]', '[]]', '.', 'a', '\n', '\u{1f600}'],
  seeds: ['*.txt\nnotes.txt', '[!a-c]?\\*\nzz*', '.*\n.hidden', '[]a]\n]', '*a*a*a*b\naaaaaaaa', '[a\n[a'],
  maxBytes: 2000,
  begin: pure((input) => {
    const [pattern = '', name = ''] = decodeBytes(input).split('\n');
    const matches = compilePattern(pattern)(name);
    const dotted = compilePattern(pattern, { dot: true });
    if (!isPattern(pattern))
      holds(compilePattern(pattern, { dot: true })(literalOf(pattern)), 'a literal is not itself');
    holds(!matches || dotted(name), 'dots allowed, less is matched');
    const escaped = name.replace(/[*?[\]\\!^-]/g, '\\$&');
    holds(compilePattern(escaped, { dot: true })(name), 'an escaped name does not match itself');
    compilePattern(pattern, { ignoreCase: true })(name);
    holds(!matches || compilePattern(`*${pattern}`, { dot: true })(name), 'a star before takes a match away');
  }),
};
