// What certain clients do differently, told from the identification of their software (RFC 4253, section 4.2). One row
// for each quirk; docs/protocol.md, section 7, lists them for users.

/** What is different with a client. */
export interface Quirks {
  /**
   * SYMLINK names the link first, as the draft has it (section 6.10), and not its target, as OpenSSH has it by an old
   * mistake (OpenSSH PROTOCOL, section 4.1).
   */
  readonly sendsLinkFirst: boolean;
  /** The seconds in ATTRS (section 5) are read as a signed number: the year 2040 would be shown as 1904. */
  readonly readsTimesSigned: boolean;
}

const CLIENTS: Readonly<Record<keyof Quirks, RegExp>> = {
  // These do so unless the server calls itself OpenSSH, which we do not: WinSCP, libssh (not libssh2), AsyncSSH, and the
  // ssh2 package of Node. Everybody else sends what OpenSSH's server takes, whoever the server is: OpenSSH itself (and so
  // sshfs and lftp, which run it), paramiko, libssh2 and curl, Go's pkg/sftp and rclone, JSch, Apache MINA, SSH.NET,
  // phpseclib.
  sendsLinkFirst: /^(?:WinSCP|libssh[-_]|AsyncSSH|ssh2js)/i,
  // WinSCP takes every server of version 3 for one with the "signed timestamps bug". JSch keeps the seconds in a Java
  // int, and before its version 0.2 shows them so.
  readsTimesSigned: /^(?:WinSCP|JSCH-0\.1)/i,
};

export const QUIRK_NAMES: readonly string[] = Object.keys(CLIENTS);

/** The quirks of `client` (as `OpenSSH_9.2p1`, without `SSH-2.0-`). One that nobody knows has none. */
export function quirksOf(client: string): Quirks {
  return {
    sendsLinkFirst: CLIENTS.sendsLinkFirst.test(client),
    readsTimesSigned: CLIENTS.readsTimesSigned.test(client),
  };
}
