// What users may see and change of their own account, from inside a session.

/** A public key of a user. */
export interface PublicKeyInfo {
  /** As `ssh-keygen -l` prints it: `SHA256:` and 43 characters of base64. */
  readonly fingerprint: string;
  /** The key type of RFC 4253 and its followers: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly type: string;
  readonly comment: string;
}

export interface SecondFactorInfo {
  readonly since: Date;
  readonly recoveryCodesLeft: number;
}

/** A second factor as it is shown, once, to who will have it. */
export interface NewSecondFactor {
  /** In base32, to be typed into an authenticator program. */
  readonly secret: string;
  /** `otpauth://totp/...`, and the same as the lines of a QR code, light on dark. */
  readonly uri: string;
  readonly qrCode: readonly string[];
  /** Each is good for one login without the program. */
  readonly recoveryCodes: readonly string[];
  /** Puts it in force; `code` is the program's of now. */
  enable(code: string): Promise<void>;
}

/** A change to an account that was refused; the message is for the user, and holds no secret. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
}

/** The own account of one identity. Every method fails with an AccountError when the user can mend it. */
export interface OwnAccount {
  changePassword(current: string, next: string): Promise<void>;
  keys(): Promise<readonly PublicKeyInfo[]>;
  /** Takes one line of an `authorized_keys` or `.pub` file. */
  addKey(line: string): Promise<PublicKeyInfo>;
  removeKey(fingerprint: string): Promise<PublicKeyInfo>;
  /** The second factor; undefined when there is none. */
  secondFactor(): Promise<SecondFactorInfo | undefined>;
  /** Makes a second factor that is not in force before a code of it was given. */
  newSecondFactor(): Promise<NewSecondFactor>;
  /** Takes the second factor away; `code` is one of it, or a recovery code. */
  disableSecondFactor(code: string): Promise<void>;
  /** New recovery codes in the place of the old ones. */
  newRecoveryCodes(code: string): Promise<readonly string[]>;
}

/** A file that a session has open. */
export interface OpenFileInfo {
  /** As the user names it, links resolved. */
  readonly path: string;
  readonly direction: 'upload' | 'download' | 'both';
  /** Written and read so far. */
  readonly bytes: number;
}

/** One live SSH connection, as `sessions` lists it. */
export interface SessionInfo {
  readonly sessionId: string;
  readonly user: string;
  readonly address: string;
  /** The identification string of the client's software (RFC 4253, section 4.2), without `SSH-2.0-`. */
  readonly client: string;
  readonly since: Date;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Since anything came or went. */
  readonly idleMs: number;
  /** Those that are open, the first MAX_FILES_SHOWN of them. */
  readonly files: readonly OpenFileInfo[];
}

/** A session can have thousands of files open; nobody looks at them all. */
export const MAX_FILES_SHOWN = 100;
