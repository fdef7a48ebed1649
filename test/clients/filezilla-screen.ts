// A screen that nobody sees (Xvfb), and the hands at its keyboard and mouse (xdotool). There is no window manager: who is
// to hear the keys is said each time. Knows nothing of the program that shows windows there.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { runProgram } from '../helpers/program.ts';
import { until } from '../helpers/until.ts';
import type { Lifetime } from './driver.ts';

const SIZE = '1280x900x24';

export interface Screen {
  /** For the environment of the programs to be shown, ":99". */
  readonly display: string;
  /** Resolves to the window with this title (a regular expression) as soon as it is visible. */
  window(title: string, limitMs?: number): Promise<Window>;
  /** Presses keys, for whoever hears them. */
  press(...keys: string[]): Promise<void>;
  /** The titles that can be seen. */
  titles(): Promise<string[]>;
}

export interface Window {
  /** Does one thing after the other, in words of xdotool, with the window as the one that hears the keys. */
  act(...words: string[]): Promise<void>;
  /** As `act`, after a click on a place in the window; from 0 to 1, from the left and the top. */
  actAt(x: number, y: number, ...words: string[]): Promise<void>;
}

/** Starts a screen of its own; it goes away at the end of `t`. */
export async function startScreen(t: Lifetime): Promise<Screen> {
  // The server chooses a free number and tells it on descriptor 3 once it can be used. It would start anew whenever its
  // last client goes, as xdotool does.
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', SIZE, '-nolisten', 'tcp', '-noreset'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'close');
  });
  const [number] = (await once(child.stdio[3] as Readable, 'data')) as [Buffer];
  const display = `:${number.toString('latin1').trim()}`;

  const xdotool = async (...words: string[]): Promise<string | undefined> => {
    const { status, stdout } = await runProgram(t, 'xdotool', words, { environment: { DISPLAY: display } });
    return status === 0 ? stdout.toString('utf8') : undefined;
  };
  /** xdotool fails where nothing is found, and also where a window goes away while it looks. */
  const search = async (title: string): Promise<string[]> =>
    ((await xdotool('search', '--onlyvisible', '--name', title)) ?? '').split('\n').filter((id) => id !== '');
  const act = async (...words: string[]): Promise<void> => {
    if ((await xdotool(...words)) === undefined) throw new Error(`xdotool ${words.join(' ')}`);
  };

  return {
    display,
    window: async (title, limitMs) => {
      let id = '';
      await until(async () => {
        id = (await search(title)).at(-1) ?? '';
        return id !== '';
      }, limitMs);
      const focused = ['windowfocus', '--sync', id];
      return {
        act: (...words) => act(...focused, ...words),
        actAt: async (x, y, ...words) => {
          const told = (await xdotool('getwindowgeometry', '--shell', id)) ?? '';
          const [width = 0, height = 0] = ['WIDTH', 'HEIGHT'].map((side) => Number(told.match(`${side}=(\\d+)`)?.[1]));
          const place = [Math.round(width * x), Math.round(height * y)].map(String);
          await act(...focused, 'mousemove', '--window', id, ...place, 'click', '1', ...words);
        },
      };
    },
    press: (...keys) => act('key', ...keys),
    titles: async () => {
      const names = (await xdotool('search', '--onlyvisible', '--name', '.', 'getwindowname', '%@')) ?? '';
      return names.split('\n').filter((name) => name !== '');
    },
  };
}
