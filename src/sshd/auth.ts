// The authentication of one connection (RFC 4252): ssh2's contexts in, an identity or the end of the connection out.
// What a client is told is the same for every reason to refuse it, and what it has proven counts for one user alone.

import type { AuthContext, AuthenticationType, Connection, PublicKeyAuthContext } from 'ssh2';
import type { Progress, Step, StepAnswer } from '../accounts/login-steps.ts';
import type { RefusalReason } from '../model/event.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Lease } from '../model/lease.ts';
import type { LiveLogin } from '../model/login.ts';
import { printableShort } from '../model/printable.ts';
import type { Backend } from './backend.ts';
import { answerInteractively, canAsk, GoneError } from './interactive.ts';
import { isSignedByKey } from './user-signature.ts';

/** The methods by which each step can be taken, as a client is told of them (RFC 4252, section 5.1). */
const METHODS_OF = {
  publickey: ['publickey'],
  password: ['password', 'keyboard-interactive'],
  totp: ['keyboard-interactive'],
  'new-password': ['keyboard-interactive'],
} as const satisfies Record<Step, readonly AuthenticationType[]>;

export interface AuthenticationParts {
  readonly client: Connection;
  readonly backend: Backend;
  readonly origin: Origin;
  /** The client's software, for the log. */
  readonly software: string;
  readonly maxTries: number;
  /** `place` is to be given back when the connection ends. */
  readonly onLogin: (by: { readonly identity: Identity; readonly login: LiveLogin; readonly place: Lease }) => void;
  /** A proof was right, and another must follow. */
  readonly onStep: () => void;
  /** A try has failed. */
  readonly onRefused: (reason: RefusalReason) => void;
  /** All tries are used up. */
  readonly onExhausted: () => void;
  /** Aborted when the connection has ended. */
  readonly signal: AbortSignal;
}

export interface Authentication {
  /**
   * Resolves when nothing is being proven any more. A password that was sent is looked at, and what came of it recorded,
   * also when the client did not wait for the answer.
   */
  done(): Promise<void>;
}

/** Answers each authentication request of the connection until one succeeds or the tries are used up. */
export function serveAuthentication(parts: AuthenticationParts): Authentication {
  const { client, backend, origin, maxTries, signal } = parts;
  const steps = backend.openLogin(origin);
  let progress = steps.begin('');
  /** The request that the client waits for; a new one makes the one before it stale (RFC 4252, section 5.1). */
  let current: AuthContext | undefined;
  /** Ends when the request before has been dealt with: one at a time. */
  let turn: Promise<void> = Promise.resolve();
  let failures = 0;
  let isOver = false;

  const methodsLeft = (): AuthenticationType[] => [
    ...new Set(progress.next.flatMap((step): readonly AuthenticationType[] => METHODS_OF[step])),
  ];

  const refuse = (context: AuthContext, reason: RefusalReason): void => {
    failures += 1;
    backend.audit({
      event: 'session.refused',
      ...origin,
      // People type their password where the name belongs: no more of it than needed.
      user: printableShort(context.username, 32),
      method: context.method,
      reason,
    });
    parts.onRefused(reason);
    context.reject(methodsLeft());
    if (failures >= maxTries) {
      isOver = true;
      parts.onExhausted();
    }
  };

  const accept = async (
    context: AuthContext,
    { identity, login, objection }: Extract<StepAnswer, { kind: 'in' }>,
  ): Promise<void> => {
    const place = await backend.places.enter(identity.user);
    if (isOver || signal.aborted) return place?.release();
    if (place === undefined) return refuse(context, 'too-many-sessions');
    // Whoever ended the logins that are right no longer did not find this one while it waited for its place.
    const reason = objection();
    if (reason !== undefined) {
      place.release();
      return refuse(context, reason);
    }
    isOver = true;
    const { user, method, key } = login;
    backend.audit({
      event: 'session.login',
      ...origin,
      user,
      method,
      ...(key === undefined ? {} : { key }),
      client: parts.software,
    });
    parts.onLogin({ identity, login, place });
    context.accept();
  };

  const noteStep = ({ user, proofs, next, key }: Progress): void => {
    const method = proofs.at(-1);
    if (method === undefined) return;
    backend.audit({
      event: 'session.step',
      ...origin,
      user,
      method,
      ...(method === 'publickey' && key !== undefined ? { key } : {}),
      next: next.join(' '),
    });
    parts.onStep();
  };

  /** Tells the client what its request has come to. What a stale one has come to counts as a failure, whatever it was. */
  const settle = async (context: AuthContext, answer: StepAnswer): Promise<void> => {
    if (isOver) return;
    if (answer.kind === 'refused') {
      refuse(context, answer.reason);
    } else if (context !== current || answer.kind === 'again') {
      refuse(context, 'malformed');
    } else if (answer.kind === 'in') {
      await accept(context, answer);
    } else {
      progress = answer.progress;
      noteStep(progress);
      context.reject(methodsLeft(), true);
    }
  };

  const answer = async (context: AuthContext): Promise<void> => {
    // ssh2 ends a connection that changes the user; should it ever not, what one has proven does not help another.
    if (progress.user !== context.username) progress = steps.begin(context.username);
    switch (context.method) {
      case 'password':
        return settle(context, await steps.password(progress, context.password));
      case 'publickey':
        return publicKey(context);
      case 'keyboard-interactive': {
        if (!progress.next.some(canAsk)) return refuse(context, 'method');
        const isCurrent = (): boolean => context === current && !isOver;
        return settle(context, await answerInteractively({ context, steps, progress, isCurrent, noteStep, signal }));
      }
      case 'none':
        return context.reject(methodsLeft());
      default:
        return refuse(context, 'malformed');
    }
  };

  const publicKey = async (context: PublicKeyAuthContext): Promise<void> => {
    const { data: blob } = context.key;
    const algorithm = signatureAlgorithmOf(context);
    const answer = await steps.publicKey(progress, { algorithm, blob });
    if (isOver) return;
    if (answer.kind === 'refused') return refuse(context, answer.reason);
    if (context.signature === undefined) {
      // This is only the question whether the key would do. The answer names the algorithm as it was asked for (RFC 4252,
      // section 7); ssh2 would name the type of the key, which for RSA means SHA-1.
      context.key.algo = algorithm;
      return context.accept();
    }
    if (!isSignedByKey(context)) return refuse(context, 'bad-signature');
    return settle(context, answer);
  };

  client.on('authentication', (context: AuthContext) => {
    current = context;
    turn = turn.then(async () => {
      if (isOver || signal.aborted) return;
      try {
        await answer(context);
      } catch (error) {
        if (error instanceof GoneError) return;
        backend.log.unexpected(error, 'authentication', { ...origin });
        if (!isOver) refuse(context, 'malformed');
      }
    });
  });
  return { done: () => turn };
}

/** The signature algorithm as the client named it; ssh2 keeps those of RFC 8332 as the type of the key and the hash. */
function signatureAlgorithmOf({ key, hashAlgo }: PublicKeyAuthContext): string {
  return hashAlgo === undefined ? key.algo : `rsa-sha2-${hashAlgo.slice('sha'.length)}`;
}
