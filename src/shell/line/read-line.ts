// Reading one line from a terminal: takes keys, edits, paints, calls back the history, asks for completions.

import type { Completion } from '../completion.ts';
import type { Output } from '../output.ts';
import { EMPTY_LINE, editLine, type Line } from './edit.ts';
import type { History } from './history.ts';
import type { Keyboard } from './keyboard.ts';
import { layOut, leave, paint, rewrapped, type Screen, type ScreenSize } from './line-screen.ts';

export type LineRead =
  | { readonly kind: 'line'; readonly text: string }
  /** ^C */
  | { readonly kind: 'interrupt' }
  /** ^D on an empty line, or the end of the input. */
  | { readonly kind: 'end' };

export interface LineRequest {
  readonly keyboard: Keyboard;
  readonly output: Output;
  readonly size: () => ScreenSize;
  readonly signal: AbortSignal;
  /** Printable, on one line. */
  readonly prompt: string;
  /** Nothing that is typed is shown: for passwords. */
  readonly hidden?: boolean;
  readonly history?: History;
  readonly complete?: (beforeCursor: string) => Promise<Completion>;
  /** Lays out names in lines, for the list of completions. */
  readonly columns?: (names: readonly string[], width: number) => string[];
}

const MAX_SHOWN_CANDIDATES = 200;

export async function readLine(request: LineRequest): Promise<LineRead> {
  const { keyboard, output, prompt, history, signal } = request;
  let line: Line = EMPTY_LINE;
  let size = request.size();
  let screen: Screen | undefined;
  /** How many lines back in the history; 0 is the line being typed, kept in `draft` meanwhile. */
  let back = 0;
  let draft = '';
  let tabs = 0;

  const draw = async (): Promise<void> => {
    const next = layOut(prompt, request.hidden === true ? EMPTY_LINE : line, size);
    const painted = paint(screen, next);
    screen = next;
    if (painted !== '') await output.text(painted);
  };
  const finish = async (mark: string): Promise<void> => {
    line = { ...line, cursor: line.text.length };
    await draw();
    await output.text(mark + (screen === undefined ? '\n' : leave(screen)));
  };
  const recall = (step: number): void => {
    const found = back + step === 0 ? draft : history?.get(back + step);
    if (found === undefined || back + step < 0) return;
    if (back === 0) draft = line.text;
    back += step;
    line = { ...line, text: found, cursor: found.length };
  };
  const complete = async (): Promise<void> => {
    if (request.complete === undefined) return;
    const completion = await request.complete(line.text.slice(0, line.cursor));
    const completed = editLine(
      { ...line, text: line.text.slice(0, completion.from) + line.text.slice(line.cursor), cursor: completion.from },
      { kind: 'text', text: completion.text },
    );
    if (completed.text !== line.text || completed.cursor !== line.cursor) {
      line = completed;
    } else if (completion.candidates.length > 1 && tabs > 1) {
      const shown = completion.candidates.slice(0, MAX_SHOWN_CANDIDATES);
      const more = completion.candidates.length - shown.length;
      const list = request.columns?.(shown, size.columns) ?? shown;
      await draw();
      await output.text(`${screen === undefined ? '\n' : leave(screen)}${list.join('\n')}\n`);
      if (more > 0) await output.text(`... and ${more} more\n`);
      screen = undefined;
    } else {
      await output.text('\x07');
    }
  };

  const followSize = (): void => {
    const now = request.size();
    if (screen !== undefined && now.columns !== size.columns) screen = rewrapped(screen, now.columns);
    size = now;
  };

  for (;;) {
    followSize();
    if (keyboard.waiting() === 0) await draw();
    const key = await keyboard.next(signal);
    tabs = key?.kind === 'tab' ? tabs + 1 : 0;
    if (key === undefined) {
      await finish('');
      return { kind: 'end' };
    }
    switch (key.kind) {
      case 'enter':
        await finish('');
        return { kind: 'line', text: line.text };
      case 'interrupt':
        await finish('^C');
        return { kind: 'interrupt' };
      case 'end-of-input':
        if (line.text === '') {
          await finish('');
          return { kind: 'end' };
        }
        line = editLine(line, { kind: 'delete' });
        break;
      case 'up':
        recall(1);
        break;
      case 'down':
        recall(-1);
        break;
      case 'tab':
        await complete();
        break;
      case 'clear-screen':
        screen = undefined;
        await output.text('\x1b[H\x1b[2J');
        break;
      default:
        line = editLine(line, key);
    }
  }
}
