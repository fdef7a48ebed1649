// How a server and a path on it are named on the command line: `[user@]host:path` and `sftp://user@host:port/path`.

import { isIPv6 } from 'node:net';
import { UsageError } from './usage-error.ts';

export interface RemoteArgument {
  /** undefined: the user of this machine. */
  readonly user: string | undefined;
  readonly host: string;
  /** undefined: the port that was given by an option, or 22. */
  readonly port: number | undefined;
  /** As it was written; one that is not absolute begins at the home, and the empty one is the home. */
  readonly path: string;
}

/** Whether an argument names something on a server and not on this machine. */
export function isRemoteArgument(text: string): boolean {
  if (text.startsWith('sftp://')) return true;
  return /^(?:[^/:@]+@)?(?:\[[^/\]]+\]|[^/:@[\]]+):/.test(text);
}

/** @throws UsageError when the text names no server or no path. */
export function parseRemoteArgument(text: string): RemoteArgument {
  if (text.startsWith('sftp://')) return parseUrl(text);
  const match = /^(?:([^/:]+)@)?(?:\[([^/\]]+)\]|([^/:@[\]]+)):(.*)$/s.exec(text);
  const host = match?.[2] ?? match?.[3];
  if (host === undefined) {
    throw new UsageError(`"${text}" names no server: write [user@]host:path or sftp://user@host:port/path`);
  }
  return { user: match?.[1], host, port: undefined, path: homeRelative(match?.[4] ?? '') };
}

/** The argument of `connect`: `[user@]host`, or either form of a path to start in. @throws UsageError */
export function parseDestination(text: string): RemoteArgument {
  const [, user, rest = ''] = /^(?:([^/:]+)@)?(.*)$/s.exec(text) ?? [];
  if (isIPv6(rest)) return { user, host: rest, port: undefined, path: '' };
  if (/^\[[^/\]]+\]$/.test(rest) && isIPv6(rest.slice(1, -1))) {
    return { user, host: rest.slice(1, -1), port: undefined, path: '' };
  }
  if (isRemoteArgument(text)) return parseRemoteArgument(text);
  if (rest === '' || /[/\s]/.test(rest)) throw new UsageError(`"${text}" names no server: write [user@]host`);
  return { user, host: rest, port: undefined, path: '' };
}

/** What is named on each server, so that one connection to each is enough. */
export function groupByServer(remotes: readonly RemoteArgument[]): { remote: RemoteArgument; paths: string[] }[] {
  const servers = new Map<string, { remote: RemoteArgument; paths: string[] }>();
  for (const remote of remotes) {
    const name = JSON.stringify([remote.user, remote.host, remote.port]);
    const server = servers.get(name) ?? { remote, paths: [] };
    server.paths.push(remote.path);
    servers.set(name, server);
  }
  return [...servers.values()];
}

function parseUrl(text: string): RemoteArgument {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(`"${text}" is no URL: write sftp://user@host:port/path`);
  }
  if (url.password !== '') {
    throw new UsageError(
      'A password on the command line can be seen by others: leave it out of the URL, and type it when asked',
    );
  }
  if (url.hostname === '') throw new UsageError(`"${text}" names no server`);
  return {
    user: url.username === '' ? undefined : decoded(url.username, text),
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    path: homeRelative(decoded(url.pathname, text).replace(/^\/~(?=\/|$)/, '~')),
  };
}

/** `~` and `~/...` begin at the home, as every path does that is not absolute. */
function homeRelative(path: string): string {
  return path.replace(/^~(?:\/|$)/, '');
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new UsageError(`"${text}" has a % that is not followed by two hexadecimal digits`);
  }
}
