// Programs that clients try to start on the other side, and that are not here: what to tell people instead.

const TRANSFER = 'This server runs no programs; sync over SFTP instead, for example with rclone, sshfs or "sftp".';
const SUBSYSTEM = 'SFTP is served as a subsystem: use "sftp" or rclone without naming a server program.';
const BACKUP = 'This server runs no programs; restic, rclone and duplicity back up to it over SFTP.';
const GIT = 'This server runs no programs; a bare repository can be copied with sftp or rclone.';
const SYSTEM = 'This is not a system shell: files are reached with its own commands ("help"), sftp or rclone.';

/** By the program's name without folder. */
const ADVICE: Readonly<Record<string, string>> = {
  rsync: TRANSFER,
  unison: TRANSFER,
  lsyncd: TRANSFER,
  csync2: TRANSFER,
  rclone: TRANSFER,
  'sftp-server': SUBSYSTEM,
  sftp: SUBSYSTEM,
  borg: BACKUP,
  bup: BACKUP,
  restic: BACKUP,
  'git-upload-pack': GIT,
  'git-receive-pack': GIT,
  'git-upload-archive': GIT,
  git: GIT,
  svnserve: GIT,
  hg: GIT,
  sh: SYSTEM,
  bash: SYSTEM,
  zsh: SYSTEM,
  fish: SYSTEM,
  sudo: SYSTEM,
  su: SYSTEM,
  python: SYSTEM,
  python3: SYSTEM,
  perl: SYSTEM,
  node: SYSTEM,
  vi: SYSTEM,
  vim: SYSTEM,
  nano: SYSTEM,
  tar: SYSTEM,
  'mosh-server': SYSTEM,
  tmux: SYSTEM,
  screen: SYSTEM,
};

/** What to say to somebody who starts a well-known program; undefined for a name that is none. */
export function foreignProgramAdvice(name: string): string | undefined {
  const program = name.slice(name.lastIndexOf('/') + 1);
  return Object.hasOwn(ADVICE, program) ? ADVICE[program] : undefined;
}
