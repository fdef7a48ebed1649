// What one process offers to another: an object's name, and how each of its methods is carried. A contract is a table
// that the compiler holds against the object's interface, so a method that can't be carried does not compile:
//
//   tell    returns nothing; is not waited for, and lost when the other process is gone
//   ask     resolves to plain data (what the structured clone algorithm takes)
//   lease   resolves to a Lease, or to plain data instead of one; given back also when the process that holds it is gone
//
// Arguments are plain data too. One of them may be an AbortSignal: aborting it aborts the one that the method is given.

import type { Lease } from '../model/lease.ts';
import type { ErrorClass } from './carried-error.ts';

type CarriageOf<Method> = Method extends (...words: never[]) => infer Answer
  ? Answer extends Promise<infer Value>
    ? [Extract<Value, Lease>] extends [never]
      ? 'ask'
      : 'lease'
    : undefined extends Answer
      ? 'tell'
      : never
  : never;

export type Carriage = 'tell' | 'ask' | 'lease';

export interface Contract<Shared> {
  /** Unique among what one process offers to another. */
  readonly name: string;
  readonly methods: { readonly [Name in keyof Shared]: CarriageOf<Shared[Name]> };
  /** Errors by whose class callers tell what happened; others arrive as plain errors with all they say. */
  readonly errors?: readonly ErrorClass[];
}
