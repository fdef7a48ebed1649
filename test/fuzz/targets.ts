// All that is fuzzed, by the folder of its inputs in test/corpus.

import type { Target } from './target.ts';
import { authorizedKeys } from './targets/authorized-keys.ts';
import { clientSftp } from './targets/client-sftp.ts';
import { clientWords } from './targets/client-words.ts';
import { credentials } from './targets/credentials.ts';
import { globPattern } from './targets/glob-pattern.ts';
import { knownHosts } from './targets/known-hosts.ts';
import { lineEditor } from './targets/line-editor.ts';
import { penalties } from './targets/penalties.ts';
import { proxyHeader } from './targets/proxy-header.ts';
import { scp } from './targets/scp.ts';
import { settings } from './targets/settings.ts';
import { sftpCodec } from './targets/sftp-codec.ts';
import { sftpSession } from './targets/sftp-session.ts';
import { shellLine } from './targets/shell-line.ts';
import { shellSession } from './targets/shell-session.ts';
import { sshAfterLogin, sshBeforeKeys, sshBeforeLogin } from './targets/ssh-server.ts';

/** With how many inputs each is run by the tests: those that start a connection for every input get fewer. */
export const TARGETS: readonly { readonly target: Target; readonly testRuns: number }[] = [
  { target: sftpCodec, testRuns: 100 },
  { target: sftpSession, testRuns: 20 },
  { target: sshBeforeKeys, testRuns: 5 },
  { target: sshBeforeLogin, testRuns: 5 },
  { target: sshAfterLogin, testRuns: 5 },
  { target: proxyHeader, testRuns: 100 },
  { target: clientSftp, testRuns: 10 },
  { target: clientWords, testRuns: 60 },
  { target: knownHosts, testRuns: 60 },
  { target: shellLine, testRuns: 40 },
  { target: shellSession, testRuns: 5 },
  { target: globPattern, testRuns: 60 },
  { target: lineEditor, testRuns: 10 },
  { target: scp, testRuns: 6 },
  { target: credentials, testRuns: 60 },
  { target: authorizedKeys, testRuns: 40 },
  { target: penalties, testRuns: 60 },
  { target: settings, testRuns: 6 },
];
