// File names that people have and programs trip over. One of each kind lies in the tree that every client carries.

export type OddName =
  | 'space'
  | 'outer spaces'
  | 'single quote'
  | 'double quote'
  | 'leading dash'
  | 'leading dot'
  | 'tilde'
  | 'newline'
  | 'carriage return'
  | 'tab'
  | 'emoji'
  | 'composed'
  | 'combining marks'
  | 'not UTF-8'
  | 'backslash'
  | 'glob'
  | 'dollar'
  | 'separators'
  | 'percent'
  | 'colon'
  | 'long';

/** A name for each kind of trouble, as src/model/bytes.ts writes it. */
export const ODD_NAMES: Readonly<Record<OddName, string>> = {
  space: 'two  spaces',
  'outer spaces': ' around ',
  'single quote': "it's",
  'double quote': 'say "hi"',
  'leading dash': '-rf',
  'leading dot': '.hidden',
  tilde: '~',
  newline: 'two\nlines',
  'carriage return': 'over\rwritten',
  tab: 'tab\tbed',
  emoji: '🐚 shell',
  composed: 'caf\u00e9',
  'combining marks': 'cafe\u0301',
  'not UTF-8': 'caf\udce9',
  backslash: 'back\\slash',
  glob: '[ab]*?{c,d}',
  dollar: '$HOME `id`',
  separators: 'a;b&c|d>e#f!g',
  percent: '100%25',
  colon: 'host:file',
  long: 'n'.repeat(255),
};

/** The kinds of `ODD_NAMES`, in order. */
export const ODD_KINDS: readonly OddName[] = Object.keys(ODD_NAMES) as OddName[];
