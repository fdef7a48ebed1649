// Draws a QR code in characters, for a terminal. The encoding is uqr's.

import { encode } from 'uqr';

/** Modules of nothing around the code: 4 are asked for, 2 are read by all. */
const BORDER = 2;

/** The lines of a QR code, two modules high each. Dark modules are blanks: it must be shown light on dark. */
export function drawQrCode(text: string): readonly string[] {
  const { data } = encode(text, { ecc: 'L', border: BORDER });
  const lines: string[] = [];
  for (let row = 0; row < data.length; row += 2) {
    const [upper = [], lower = []] = [data[row], data[row + 1]];
    // Below the last row there is nothing: light.
    lines.push(upper.map((isDark, column) => MODULES[isDark ? 1 : 0][lower[column] === true ? 1 : 0]).join(''));
  }
  return lines;
}

/** By whether the upper and the lower module is dark. */
const MODULES = [
  ['█', '▀'],
  ['▄', ' '],
] as const;
