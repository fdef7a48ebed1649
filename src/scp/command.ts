// The command line that a client's scp asks for on the other side: `scp -t TARGET` or `scp -f SOURCE...`.

export interface ScpCommand {
  /** `to`: files come in (`-t`). `from`: files go out (`-f`). */
  readonly direction: 'to' | 'from';
  readonly recursive: boolean;
  /** `-p`: times and modes are kept. */
  readonly preserve: boolean;
  /** `-d`: the target must be a folder. */
  readonly targetIsFolder: boolean;
  readonly paths: readonly string[];
}

const LETTERS = /^-[tfrpdvq]+$/;

/** Whether a command line is meant for scp: its first word is `scp`, whatever folder that is said to be in. */
export function isScpCommand(line: string): boolean {
  return /^\s*(?:[^\s'"\\]*\/)?scp(?:\s|$)/.test(line);
}

/** Reads the words of the line, `scp` first; undefined when they are not the server's side of a transfer. */
export function parseScpCommand(words: readonly string[]): ScpCommand | undefined {
  let letters = '';
  let at = 1;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    if (!LETTERS.test(word)) return undefined;
    letters += word.slice(1);
  }
  const paths = words.slice(at);
  const to = letters.includes('t');
  if (to === letters.includes('f') || paths.length === 0) return undefined;
  return {
    direction: to ? 'to' : 'from',
    recursive: letters.includes('r'),
    preserve: letters.includes('p'),
    targetIsFolder: letters.includes('d'),
    paths,
  };
}
