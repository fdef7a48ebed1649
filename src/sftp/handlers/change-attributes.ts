// SETSTAT and its kin: which changes a client's attributes ask for, and in which order they are made.

import type { AttributeChanges, Attributes } from '../../model/entry.ts';
import { type FileError, isFileError } from '../../model/error.ts';
import type { SentAttributes } from '../codec/attributes.ts';
import { exact } from './exact.ts';

/** Where the changes go: an open file, or a path. */
export interface Changeable {
  stat(): Promise<Attributes>;
  setAttributes(changes: AttributeChanges): Promise<void>;
}

/** chown(2) leaves alone what is given as -1. */
const UNCHANGED = 0xffffffff;

/**
 * Makes all changes that can be made, one by one in OpenSSH's order: size, permissions, times, owner. The first that
 * fails is the answer. An owner who is the owner already is no change, nor is a mode that is there already: `put -r` sends both
 * for folders that it has just made with them, also where nobody may change them.
 */
export async function changeAttributes(target: Changeable, sent: SentAttributes): Promise<void> {
  let failure: FileError | undefined;
  for (const change of [sizeChange, modeChange, timesChange, ownerChange]) {
    try {
      const changes = await change(sent, target);
      if (changes !== undefined) await target.setAttributes(changes);
    } catch (error) {
      if (!isFileError(error)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}

type Change = (sent: SentAttributes, target: Changeable) => Promise<AttributeChanges | undefined>;

const sizeChange: Change = async ({ size }) => (size === undefined ? undefined : { sizeBytes: exact(size) });

const modeChange: Change = async ({ permissions }, target) => {
  if (permissions === undefined) return undefined;
  const mode = permissions & 0o777;
  return (await hasMode(target, mode)) ? undefined : { mode };
};

/** Of what may not be looked at that is not known. */
async function hasMode(target: Changeable, mode: number): Promise<boolean> {
  try {
    const { kind, mode: current } = await target.stat();
    return kind !== 'link' && (current & 0o7777) === mode;
  } catch (error) {
    if (!isFileError(error)) throw error;
    return false;
  }
}

const timesChange: Change = async ({ times }) =>
  times === undefined ? undefined : { times: { accessedMs: times.accessed * 1000, modifiedMs: times.modified * 1000 } };

const ownerChange: Change = async ({ owner }, target) => {
  if (owner === undefined) return undefined;
  const current = await target.stat();
  const uid = owner.uid === UNCHANGED ? current.uid : owner.uid;
  const gid = owner.gid === UNCHANGED ? current.gid : owner.gid;
  return uid === current.uid && gid === current.gid ? undefined : { owner: { uid, gid } };
};
