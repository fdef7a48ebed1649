// All faces of the matrix, each with its rows.

import { CLIENT_ROWS } from './client-rows.ts';
import type { Row } from './row.ts';
import { SCP_ROWS } from './scp-rows.ts';
import { SFTP_ROWS } from './sftp-rows.ts';
import { EXEC_ROWS, SHELL_ROWS } from './shell-rows.ts';

export const FACES: Readonly<Record<string, readonly Row[]>> = {
  SFTP: SFTP_ROWS,
  exec: EXEC_ROWS,
  shell: SHELL_ROWS,
  scp: SCP_ROWS,
  client: CLIENT_ROWS,
};
