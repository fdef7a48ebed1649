// What a command talks through: the process's own streams, or in tests others.

export interface ProgramIo {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly output: NodeJS.WritableStream;
  readonly errorOutput: NodeJS.WritableStream;
  /** The exit status of the program once nothing is left to do. */
  setStatus(status: number): void;
}

export const processIo: ProgramIo = {
  input: process.stdin,
  output: process.stdout,
  errorOutput: process.stderr,
  setStatus: (status) => {
    process.exitCode = status;
  },
};
