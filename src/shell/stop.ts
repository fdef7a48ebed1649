// Why a command stops before its end, other than by an error: what is thrown, and what the runner of commands catches.

/** The user pressed ^C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The user has seen enough of a paged output: the command ends, and has not failed. */
export class EnoughSeen extends Error {
  override readonly name = 'EnoughSeen';
}
