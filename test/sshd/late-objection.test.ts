// What was wrong: a login that waited for its place among the user's sessions was in, whatever had happened meanwhile. Who
// looks for logins that are right no longer did not find it yet: with workers a rule that was narrowed then counted ten
// seconds later, and a lock not before the next unlock.
// How reached: a change of the users or rules between the last proof and the place.
// What this verifies: the login is asked once more when it has its place, and gives it back if something speaks against it.

import { EventEmitter } from 'node:events';
import test from 'ava';
import type { AuthContext, Connection } from 'ssh2';
import type { LoginSteps, StepAnswer } from '../../src/accounts/login-steps.ts';
import type { AuditEvent, RefusalReason } from '../../src/model/event.ts';
import { leaseOf } from '../../src/model/lease.ts';
import { serveAuthentication } from '../../src/sshd/auth.ts';
import type { Backend } from '../../src/sshd/backend.ts';

for (const reason of ['locked', 'network', undefined] satisfies (RefusalReason | undefined)[]) {
  test(`late objection: ${reason ?? 'nothing'} while a login waits for its place`, async (t) => {
    let objection: RefusalReason | undefined;
    const done: string[] = [];
    const answer: StepAnswer = {
      kind: 'in',
      identity: { user: 'alice' },
      login: { user: 'alice', address: '192.0.2.1', method: 'password', key: undefined },
      objection: () => objection,
    };
    const steps: Pick<LoginSteps, 'begin' | 'password'> = {
      begin: (user) => ({ user, proofs: [], next: ['password'], key: undefined, secret: undefined }),
      password: async () => answer,
    };
    const backend: Pick<Backend, 'audit' | 'places'> & { openLogin: () => typeof steps } = {
      openLogin: () => steps,
      audit: (event: AuditEvent) => done.push('reason' in event ? `${event.event} ${event.reason}` : event.event),
      places: {
        hasRoom: async () => true,
        enter: async () => {
          objection = reason;
          return leaseOf(() => done.push('place given back'));
        },
      },
    };
    const client = new EventEmitter();
    const authentication = serveAuthentication({
      client: client as unknown as Connection,
      backend: backend as unknown as Backend,
      origin: { sessionId: 's1', address: '192.0.2.1' },
      software: 'test',
      maxTries: 6,
      onLogin: () => done.push('in'),
      onStep: () => undefined,
      onRefused: () => undefined,
      onExhausted: () => undefined,
      signal: new AbortController().signal,
    });
    const context = {
      method: 'password',
      username: 'alice',
      password: 'right',
      accept: () => done.push('accepted'),
      reject: () => done.push('rejected'),
    };
    client.emit('authentication', context as unknown as AuthContext);
    await authentication.done();
    t.deepEqual(
      done,
      reason === undefined
        ? ['session.login', 'in', 'accepted']
        : ['place given back', `session.refused ${reason}`, 'rejected'],
    );
  });
}
