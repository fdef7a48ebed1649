// What a storage in memory is made of: nodes, as inodes are on a disk. A name in a folder points at a node, and a file
// can have several names.

import { permissionBits } from '../model/checks.ts';
import type { AttributeChanges, Attributes } from '../model/entry.ts';
import { FileError } from '../model/error.ts';

interface NodeFacts {
  /** Permission bits only. */
  permissions: number;
  uid: number;
  gid: number;
  accessedMs: number;
  modifiedMs: number;
  linkCount: number;
}

export interface MemoryFile extends NodeFacts {
  readonly kind: 'file';
  /** Longer than the file as a rule, so that it can grow; zeros after `sizeBytes`. */
  content: Buffer;
  sizeBytes: number;
}

export interface MemoryFolder extends NodeFacts {
  readonly kind: 'directory';
  readonly entries: Map<string, MemoryNode>;
}

export interface MemoryLink extends NodeFacts {
  readonly kind: 'link';
  readonly target: string;
}

export type MemoryNode = MemoryFile | MemoryFolder | MemoryLink;

/** What all files of one storage may hold together, and hold now. */
export interface MemoryBudget {
  readonly capacityBytes: number;
  usedBytes: number;
}

const TYPE_BITS: Readonly<Record<MemoryNode['kind'], number>> = {
  file: 0o100000,
  directory: 0o040000,
  link: 0o120000,
};

export function newFile(permissions: number): MemoryFile {
  return { kind: 'file', content: Buffer.alloc(0), sizeBytes: 0, ...newFacts(permissions) };
}

export function newFolder(permissions: number): MemoryFolder {
  return { kind: 'directory', entries: new Map(), ...newFacts(permissions) };
}

export function newLink(target: string): MemoryLink {
  return { kind: 'link', target, ...newFacts(0o777) };
}

function newFacts(permissions: number): NodeFacts {
  const now = Date.now();
  return { permissions, uid: 0, gid: 0, accessedMs: now, modifiedMs: now, linkCount: 1 };
}

export function attributesOfNode(node: MemoryNode): Attributes {
  return {
    kind: node.kind,
    mode: TYPE_BITS[node.kind] | node.permissions,
    sizeBytes: node.kind === 'file' ? node.sizeBytes : node.kind === 'link' ? Buffer.byteLength(node.target) : 0,
    uid: node.uid,
    gid: node.gid,
    linkCount: node.linkCount,
    accessedMs: node.accessedMs,
    modifiedMs: node.modifiedMs,
  };
}

/** Makes changes that were checked before. */
export function changeNode(node: MemoryNode, changes: AttributeChanges, budget: MemoryBudget): void {
  const { sizeBytes, mode, owner, times } = changes;
  if (sizeBytes !== undefined && node.kind === 'file') resize(node, sizeBytes, budget);
  if (mode !== undefined) node.permissions = permissionBits(mode);
  if (owner !== undefined) Object.assign(node, owner);
  if (times !== undefined) Object.assign(node, times);
}

/** Truncates the file, or extends it with zeros. @throws FileError `no-space` */
export function resize(file: MemoryFile, sizeBytes: number, budget: MemoryBudget): void {
  const growth = sizeBytes - file.sizeBytes;
  if (budget.usedBytes + growth > budget.capacityBytes) throw new FileError('no-space');
  budget.usedBytes += growth;
  if (sizeBytes > file.content.length) {
    const larger = Buffer.alloc(Math.max(sizeBytes, file.content.length * 2));
    file.content.copy(larger, 0, 0, file.sizeBytes);
    file.content = larger;
  } else if (sizeBytes < file.sizeBytes) {
    file.content.fill(0, sizeBytes, file.sizeBytes);
  }
  file.sizeBytes = sizeBytes;
  file.modifiedMs = Date.now();
}
