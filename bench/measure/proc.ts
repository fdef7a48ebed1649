// Linux's /proc as numbers (proc(5)): parsing alone, no I/O.

/** Clock ticks in a second, as user space sees them: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of the process. */
  readonly ownSeconds: number;
  /** The same of all its children that have ended and been waited for, and of theirs. */
  readonly endedChildrenSeconds: number;
  /** Ticks after boot: with the pid it names a process for good. */
  readonly startedAt: number;
}

/** `/proc/PID/stat`. The name may hold blanks and brackets, so fields are counted from its last bracket. */
export function parseStat(text: string): ProcessTimes {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // The third field of proc(5) is the first here: 4 ppid, 14 utime, 15 stime, 16 cutime, 17 cstime, 22 starttime.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    ownSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    endedChildrenSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
    startedAt: field(22),
  };
}

/** The proportional set size of `/proc/PID/smaps_rollup`: pages that several processes share count in parts. */
export function parsePssBytes(text: string): number {
  const kibibytes = /^Pss: +(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) throw new Error('smaps_rollup has no line "Pss:"');
  return Number(kibibytes) * 1024;
}

/** The process `root` and all that descend from it, of a list of all processes. */
export function treeOf(root: number, all: readonly ProcessTimes[]): ProcessTimes[] {
  const tree = all.filter(({ pid }) => pid === root);
  // The list grows while it is walked: children of children are found too.
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}
