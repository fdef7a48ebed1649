// What a terminal sends -> keys -> the line being typed -> what is shown of it.

import { EMPTY_LINE, editLine } from '../../../src/shell/line/edit.ts';
import { createKeyDecoder, type Key } from '../../../src/shell/line/keys.ts';
import { layOut, paint, type Screen } from '../../../src/shell/line/line-screen.ts';
import { VirtualScreen } from '../../shell/virtual-screen.ts';
import { holds, pure, type Target } from '../target.ts';

const SIZE = { columns: 20, rows: 5 };
const MAX_DRAWN = 40;

export const lineEditor: Target = {
  name: 'line-editor',
  invariant:
    'the keys are the same however the bytes are cut; the cursor stays in the line and out of surrogate pairs; no control character of the input reaches the screen',
  covers: ['/src/shell/line/keys', '/src/shell/line/edit', '/src/shell/line/line-screen', '/src/model/printable'],
  dictionary: [
    ...[
      '\x1b[A',
      '\x1b[D',
      '\x1bOC',
      '\x1b[3~',
      '\x1b[1;5D',
      '\x1bb',
      '\x1bf',
      '\x1bd',
      '\x1b\x7f',
      '\x1b[200~',
      '\r\n',
    ],
    ...[
      '\x01',
      '\x05',
      '\x0b',
      '\x14',
      '\x15',
      '\x17',
      '\x19',
      '\x7f',
      '\u00e9',
      'e\u0301',
      '\u{1f468}\u200d\u{1f469}',
      '\u4e2d',
    ],
    ...[Buffer.of(0xff), Buffer.of(0xe2, 0x82), '\x9b', '\u202e'],
  ],
  seeds: [
    'hello\x01\x06\x14\x05 world\x17\x19',
    'a\u00e9\u4e2d\x1b[D\x1b[3~\x1bb\x1bd',
    '\x1b[1;5Dx\x1b\x1b[A',
    'e\u0301\x7f\r\n',
  ],
  maxBytes: 500,
  begin: pure((input) => {
    const whole = createKeyDecoder().push(input);
    const decoder = createKeyDecoder();
    const cut = Array.from(input, (byte) => decoder.push(Buffer.of(byte))).flat();
    holds(JSON.stringify(joined(whole)) === JSON.stringify(joined(cut)), 'the keys depend on the chunks');
    const screen = new VirtualScreen(SIZE.columns, SIZE.rows);
    let shown: Screen | undefined;
    let line = EMPTY_LINE;
    for (const [index, key] of whole.entries()) {
      line = editLine(line, key);
      const { text, cursor } = line;
      holds(cursor >= 0 && cursor <= text.length, 'the cursor is outside of the line');
      holds(!splitsPair(text, cursor), 'the cursor is inside a character');
      // The shell draws when no more keys are waiting, not for each.
      if (index >= MAX_DRAWN && index < whole.length - 1) continue;
      const next = layOut('> ', line, SIZE);
      screen.write(paint(shown, next));
      shown = next;
    }
    holds(screen.strays.length === 0, `${JSON.stringify(screen.strays)} reached the terminal`);
  }),
};

/** Text that arrived in pieces is one piece here. */
function joined(keys: readonly Key[]): Key[] {
  const runs: Key[] = [];
  for (const key of keys) {
    const last = runs.at(-1);
    if (key.kind === 'text' && last?.kind === 'text')
      runs[runs.length - 1] = { kind: 'text', text: last.text + key.text };
    else runs.push(key);
  }
  return runs;
}

function splitsPair(text: string, at: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(0, at - 1), at + 1));
}
