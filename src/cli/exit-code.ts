// The exit statuses of the command line, the same for every command.

export const EXIT = {
  ok: 0,
  /** The command ran and something failed: a file was not there, the disk was full. */
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
  /** There was no connection, or it was lost; as ssh(1) and sftp(1) have it. */
  connection: 255,
} as const;
