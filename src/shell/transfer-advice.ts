// How to bring files over: what `upload` and `download` say where there is no stream to read or write.

/** The lines to show. `name` as the user typed it; HOST and PORT stay words, only the client knows them. */
export function transferAdvice(direction: 'upload' | 'download', name: string, user: string): string[] {
  const up = direction === 'upload';
  const [scp, sftp, exec] = up
    ? [`scp -P PORT ${name} ${user}@HOST:${name}`, `put ${name}`, `ssh -p PORT ${user}@HOST upload ${name} < ${name}`]
    : [`scp -P PORT ${user}@HOST:${name} .`, `get ${name}`, `ssh -p PORT ${user}@HOST download ${name} > ${name}`];
  return [
    `${direction}: a terminal can not carry a file. On your own machine, run one of`,
    `  ${scp}`,
    `  sftp -P PORT ${user}@HOST        and there: ${sftp}`,
    `  ${exec}`,
    `  sshome connect -P PORT ${user}@HOST   and there: ${direction} ${name}`,
  ];
}
