// A command line that says something wrong.

/** The message is for the user, and ends the command with the status for usage errors. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
