// The verbs on live sessions.

import type { OpenFileInfo, SessionInfo } from '../../model/account.ts';
import { AdministrationError, type Administrator, VerbUsageError } from '../../model/administration.ts';
import { humanSize } from '../../model/human-size.ts';
import { printable } from '../../model/printable.ts';
import { aligned, counted, defineVerb, said, type Verb } from '../verb.ts';

const list = defineVerb({
  name: 'session list',
  summary: 'List the live sessions, with the files that they have open',
  options: { user: { value: 'USER', summary: 'those of one user' } },
  changes: false,
  run: async ({ live, options: { user } }) => {
    const sessions = (await live.sessions.list()).filter((session) => user === undefined || session.user === user);
    const heads = aligned(sessions.map(cellsOf));
    return {
      rows: sessions.map((session) => ({ ...session, since: session.since.toISOString() })),
      lines: sessions.flatMap(({ files }, index) => [heads[index] ?? '', ...files.map(fileLine)]),
      remarks: sessions.length === 0 ? ['there is no session'] : [],
    };
  },
});

const kill = defineVerb({
  name: 'session kill',
  summary: 'End a session, or all of a user, at once; who may, can log in again',
  operands: [{ name: 'SESSION', count: 'optional', summary: 'as `session list` shows it' }],
  options: { user: { value: 'USER', summary: 'all sessions of this user' } },
  changes: true,
  run: async ({ live, administrator, operands: [sessionId], options: { user } }) => {
    if ((sessionId === undefined) === (user === undefined)) {
      throw new VerbUsageError('name a session, or a user with --user');
    }
    const meant = (await live.sessions.list()).filter((one) => one.sessionId === sessionId || one.user === user);
    const ended: SessionInfo[] = [];
    for (const session of meant) {
      if (await live.sessions.end(session.sessionId, `ended by ${nameOf(administrator)}`)) ended.push(session);
    }
    if (ended.length === 0) {
      throw new AdministrationError(
        user === undefined ? 'there is no session with this id' : `${printable(user)} has no session`,
      );
    }
    const whose = [...new Set(ended.map((session) => session.user))].join(', ');
    const row = { sessions: ended.map((session) => session.sessionId), user: whose };
    return said(`${counted(ended.length, 'session')} of ${whose} ${ended.length === 1 ? 'is' : 'are'} ended.`, row);
  },
});

export const SESSION_VERBS: readonly Verb[] = [list, kill];

function cellsOf(session: SessionInfo): string[] {
  const { sessionId, user, address, since, idleMs, bytesReceived, bytesSent, client } = session;
  return [
    sessionId,
    user,
    address,
    `since ${since.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    `idle ${spanShown(idleMs)}`,
    `${humanSize(bytesReceived)} in`,
    `${humanSize(bytesSent)} out`,
    client,
  ];
}

const DIRECTION: Readonly<Record<OpenFileInfo['direction'], string>> = {
  upload: 'uploads',
  download: 'downloads',
  both: 'reads and writes',
};

function fileLine({ path, direction, bytes }: OpenFileInfo): string {
  return `  ${DIRECTION[direction]} ${printable(path)} (${humanSize(bytes)} so far)`;
}

/** `7s`, `12m`, `3h`, `2d`. */
function spanShown(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function nameOf(administrator: Administrator): string {
  return 'identity' in administrator ? administrator.identity.user : 'an administrator';
}
