// How uploads of a user reach the disk: a choice of the server's owner, and of nobody else.

/**
 * `in-place`: every write goes to the file itself, as local programs and OpenSSH's sftp-server do. `atomic`: what is
 * written anew appears under its name whole, when it is closed, or not at all.
 */
export type UploadMode = 'in-place' | 'atomic';

/**
 * When what was written is forced to the disk. `client`: when the client asks for it, and before an atomic upload gets
 * its name. `close`: at every close of a file that was written. `off`: never; a client that asks is told so.
 */
export type SyncPolicy = 'close' | 'client' | 'off';

export interface UploadPolicy {
  readonly mode: UploadMode;
  readonly sync: SyncPolicy;
  /** Milliseconds for which an atomic upload that was cut off can be resumed; 0: not at all. */
  readonly keepMs: number;
}

export const IN_PLACE: UploadPolicy = { mode: 'in-place', sync: 'client', keepMs: 0 };
