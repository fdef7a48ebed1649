// What certain clients do differently, told from the identification of their software (RFC 4253, section 4.2).

// These send what the draft says unless the server calls itself OpenSSH, which we do not: WinSCP, libssh (not libssh2),
// AsyncSSH, and the ssh2 package of Node. Everybody else sends what OpenSSH's server takes, whoever the server is:
// OpenSSH itself (and so sshfs and lftp, which run it), paramiko, libssh2 and curl, Go's pkg/sftp and rclone, JSch,
// SSH.NET, phpseclib.
const SENDS_LINK_FIRST = /^(?:WinSCP|libssh[-_]|AsyncSSH|ssh2js)/i;

/**
 * Whether `client` (as `OpenSSH_9.2p1`, without `SSH-2.0-`) sends the path of the link first in SYMLINK, as the draft
 * has it (section 6.10), and not its target, as OpenSSH has it by an old mistake (OpenSSH PROTOCOL, section 4.1).
 */
export function sendsLinkFirst(client: string): boolean {
  return SENDS_LINK_FIRST.test(client);
}
