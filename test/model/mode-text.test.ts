import test from 'ava';
import { modeText } from '../../src/model/mode-text.ts';

for (const [mode, text] of [
  [0o100644, '-rw-r--r--'],
  [0o040700, 'drwx------'],
  [0o120777, 'lrwxrwxrwx'],
  [0o010622, 'prw--w--w-'],
  [0o140111, 's--x--x--x'],
  [0o020444, 'cr--r--r--'],
  [0o060000, 'b---------'],
  [0o100000, '----------'],
  [0o104755, '-rwsr-xr-x'],
  [0o104644, '-rwSr--r--'],
  [0o102771, '-rwxrws--x'],
  [0o102741, '-rwxr-S--x'],
  [0o041777, 'drwxrwxrwt'],
  [0o041776, 'drwxrwxrwT'],
  [0o000600, '?rw-------'],
] as const) {
  test(`mode text: 0${mode.toString(8)} is ${text}`, (t) => {
    t.is(modeText(mode), text);
  });
}
