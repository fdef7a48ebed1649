// Matching one name against one pattern: * ? [...] and backslash (POSIX XCU 2.13). Written by hand because patterns come
// from strangers: translated to a regular expression, `*a*a*a*a*a*a*b` against a long name of a's takes minutes; this
// takes at most length of pattern x length of name steps.

type Token =
  | { readonly kind: 'literal'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/** Whether the whole name matches. */
export type NameMatcher = (name: string) => boolean;

/** Whether anything in `text` makes it a pattern. */
export function isPattern(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*?[]/.test(text);
}

/** The text that a pattern without magic stands for: its escapes taken out. */
export function literalOf(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1');
}

/**
 * Compiles a pattern. A name that begins with a dot is matched only by a pattern that begins with a dot itself, unless
 * `dot` is set. A `[` without its `]` is itself. Characters are code points.
 */
export function compilePattern(
  pattern: string,
  options: { readonly dot?: boolean; readonly ignoreCase?: boolean } = {},
): NameMatcher {
  const fold = (text: string): string => (options.ignoreCase === true ? text.toLowerCase() : text);
  const tokens = tokenize([...fold(pattern)]);
  const first = tokens[0];
  const dotAllowed = options.dot === true || (first?.kind === 'literal' && first.character === '.');
  return (name) => (dotAllowed || !name.startsWith('.')) && matchTokens(tokens, [...fold(name)]);
}

function tokenize(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  // Behind the last "]" no "[" is looked through to the end: a wall of them would take its length squared.
  const lastClose = pattern.lastIndexOf(']');
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at] ?? '';
    at += 1;
    if (character === '\\' && at < pattern.length) {
      tokens.push({ kind: 'literal', character: pattern[at] ?? '' });
      at += 1;
    } else if (character === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (character === '?') {
      tokens.push({ kind: 'any' });
    } else {
      const set = character === '[' && at <= lastClose ? readSet(pattern, at) : undefined;
      tokens.push(set?.token ?? { kind: 'literal', character });
      at = set?.end ?? at;
    }
  }
  return tokens;
}

/** Reads `...]` after a `[`; undefined when there is no `]`. */
function readSet(
  pattern: readonly string[],
  from: number,
): { readonly token: Token; readonly end: number } | undefined {
  let at = from;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  const ranges: [number, number][] = [];
  const firstMember = at;
  const member = (): number => {
    if (pattern[at] === '\\' && at + 1 < pattern.length) at += 1;
    const point = pattern[at]?.codePointAt(0) ?? 0;
    at += 1;
    return point;
  };
  while (at < pattern.length) {
    // A "]" that comes first is a member.
    if (pattern[at] === ']' && at > firstMember) return { token: { kind: 'set', negated, ranges }, end: at + 1 };
    const low = member();
    let high = low;
    if (pattern[at] === '-' && at + 1 < pattern.length && pattern[at + 1] !== ']') {
      at += 1;
      high = member();
    }
    ranges.push([low, high]);
  }
  return undefined;
}

/** On a mismatch only the last star is tried longer: what earlier stars took is never worth taking back. */
function matchTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < name.length) {
    const current = tokens[token];
    if (current?.kind === 'star') {
      starToken = token;
      starAt = at;
      token += 1;
    } else if (current !== undefined && matchesOne(current, name[at] ?? '')) {
      token += 1;
      at += 1;
    } else if (starToken >= 0) {
      token = starToken + 1;
      starAt += 1;
      at = starAt;
    } else {
      return false;
    }
  }
  while (tokens[token]?.kind === 'star') token += 1;
  return token === tokens.length;
}

function matchesOne(token: Exclude<Token, { kind: 'star' }>, character: string): boolean {
  switch (token.kind) {
    case 'literal':
      return token.character === character;
    case 'any':
      return true;
    case 'set': {
      const point = character.codePointAt(0) ?? 0;
      return token.ranges.some(([low, high]) => low <= point && point <= high) !== token.negated;
    }
    default:
      return token satisfies never;
  }
}
