// What of the rules only a server of one process keeps: what is counted over all sessions while they go on.

import type { Quota, Rules } from '../model/rules.ts';

/** A sentence for each rule that a server with workers would keep for each of them alone, and so not at all. */
export function notByWorkers({ users, folders }: Rules): readonly string[] {
  const problems: string[] = [];
  const refuse = (where: string, what: string): void => {
    problems.push(`${where}: ${what} is counted by a server of one process: serve with --workers 1, or take it out`);
  };
  for (const [name, { quota, uploadBytesPerSecond, downloadBytesPerSecond }] of users) {
    if (quota !== undefined && isLimit(quota)) refuse(`users.${name}`, 'a quota');
    if (uploadBytesPerSecond !== undefined) refuse(`users.${name}`, 'upload-speed');
    if (downloadBytesPerSecond !== undefined) refuse(`users.${name}`, 'download-speed');
  }
  for (const { name, quota } of folders.values()) if (isLimit(quota)) refuse(`folders.${name}`, 'a quota');
  return problems;
}

function isLimit({ bytes, files }: Quota): boolean {
  return bytes !== undefined || files !== undefined;
}
