// stat: everything that is known of an entry.

import type { EntryKind } from '../../model/entry.ts';
import { humanSize } from '../../model/human-size.ts';
import { modeText } from '../../model/mode-text.ts';
import { type Call, type Command, defineCommand } from '../command.ts';
import { eachOperand } from '../operands.ts';

const KIND_NAMES: Readonly<Record<EntryKind, string>> = {
  file: 'file',
  directory: 'folder',
  link: 'symbolic link',
  other: 'special file',
};

const options = {
  follow: { short: 'L', long: 'dereference', summary: 'what a link leads to, not the link' },
} as const;

export const stat: Command = defineCommand({
  name: 'stat',
  summary: 'show what is known of files',
  operands: 'PATH...',
  count: [1, Number.POSITIVE_INFINITY],
  options,
  run: (call: Call<typeof options>) =>
    eachOperand(call, call.operands, async (path, operand) => {
      const { io, context } = call;
      const about = await (call.options.follow ? context.files.stat(path) : context.files.lstat(path));
      const target = about.kind === 'link' ? ` -> ${io.shown(await context.files.readLink(path))}` : '';
      const human = about.sizeBytes < 1024 ? '' : ` (${humanSize(about.sizeBytes)})`;
      await io.line(`    Path: ${io.shown(operand)}${target}`);
      await io.line(`    Kind: ${KIND_NAMES[about.kind]}`);
      await io.line(`    Size: ${about.sizeBytes} bytes${human}`);
      await io.line(`    Mode: ${(about.mode & 0o7777).toString(8).padStart(4, '0')} ${modeText(about.mode)}`);
      await io.line(`   Owner: ${about.uid}:${about.gid}`);
      await io.line(`   Links: ${about.linkCount}`);
      await io.line(`Modified: ${timeText(about.modifiedMs)}`);
      await io.line(`Accessed: ${timeText(about.accessedMs)}`);
    }),
});

function timeText(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? 'unknown' : time.toISOString();
}
