// A value of the YAML file as its readers see it: what it is, and a way to say what is wrong with it, which ends up as
// FILE:LINE. Knows YAML's values, and nothing of what they mean.

/** Names that the file gives to things, so that other parts of it can be checked against them. */
export interface KnownNames {
  readonly roles: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

export interface FileNode {
  readonly value: unknown;
  /** Its key in what it stands in; of a member of a list, the list's. */
  readonly key: string;
  readonly known: KnownNames;
  /** Notes a mistake here. */
  wrong(what: string): void;
  /** The values of a map, each with its key; none when it is no map. */
  entries(): FileNode[];
  /** The members of a list; none when it is no list. */
  items(): FileNode[];
}

/** Keys and numbers of list members from the top of the file. */
export type NodePath = readonly (string | number)[];

/** The node at the top of `content`, which `tell` hears of mistakes from. */
export function createNode(parts: {
  content: unknown;
  known: KnownNames;
  tell: (path: NodePath, what: string) => void;
}): FileNode {
  const { content, known, tell } = parts;
  const at = (value: unknown, path: NodePath, key: string): FileNode => ({
    value,
    key,
    known,
    wrong: (what) => tell(path, what),
    entries: () => (isMap(value) ? Object.entries(value).map(([name, one]) => at(one, [...path, name], name)) : []),
    items: () => (Array.isArray(value) ? value.map((one: unknown, index) => at(one, [...path, index], key)) : []),
  });
  return at(content, [], '');
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
