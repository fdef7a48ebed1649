// What may be shown on a terminal or written on a log line: nothing that moves a cursor, hides text or ends a line.

// C0, DEL, C1; line and paragraph separators; bidirectional controls and other invisible format characters; lone
// surrogates (bytes that are not UTF-8, see bytes.ts). A well-formed pair is matched first, and kept.
const UNSAFE =
  /[\ud800-\udbff][\udc00-\udfff]|[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udfff]/g;

/**
 * The text with every character that is unsafe to show replaced by a visible escape: `\n`, `\t`, `\x1b` for a byte,
 * `\u{202e}` for a character. A backslash is left as it is: this is for reading, not for parsing back.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** `printable`, cut to `length` characters: for what a stranger sent, as an unknown user's name in a log. */
export function printableShort(text: string, length: number): string {
  const shown = printable(text.slice(0, length));
  return text.length > length ? `${shown}...` : shown;
}

// What a terminal would act on though JSON need not escape it: DEL, C1, and what hides or turns text.
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** The value as one line of JSON: exact, and safe to be shown. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(
    UNSAFE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escapeCharacter(character: string): string {
  if (character.length === 2) return character;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const unit = character.charCodeAt(0);
  if (unit >= 0xdc80 && unit <= 0xdcff) return `\\x${(unit - 0xdc00).toString(16)}`;
  return unit < 0x100 ? `\\x${unit.toString(16).padStart(2, '0')}` : `\\u{${unit.toString(16)}}`;
}
