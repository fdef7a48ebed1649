// sessions: one's own live connections. Those of others are nobody's business.

import { humanSize } from '../../model/human-size.ts';
import { printable } from '../../model/printable.ts';
import { type Command, defineCommand } from '../command.ts';
import { EXIT } from '../report.ts';

export const sessions: Command = defineCommand({
  name: 'sessions',
  summary: 'list your connections to this server',
  operands: '',
  count: [0, 0],
  completes: 'nothing',
  options: {},
  run: async ({ io, context }) => {
    for (const session of await context.sessions()) {
      if (session.user !== context.identity.user) continue;
      const mark = session.sessionId === context.origin.sessionId ? '*' : ' ';
      const since = session.since.toISOString().slice(0, 19).replace('T', ' ');
      const traffic = `${humanSize(session.bytesReceived)} in, ${humanSize(session.bytesSent)} out`;
      await io.line(
        `${mark} ${session.sessionId}  ${session.address}  since ${since} UTC  ${traffic}  ${printable(session.client)}`,
      );
    }
    return EXIT.ok;
  },
});
