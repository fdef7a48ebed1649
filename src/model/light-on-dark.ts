// A line as every terminal shows it, whatever its colours are: light on dark, which is how QR codes are drawn here.

/** White on black (ECMA-48, SGR); to be written to a terminal and nowhere else. */
export function lightOnDark(line: string): string {
  return `\u001b[97;40m${line}\u001b[0m`;
}
