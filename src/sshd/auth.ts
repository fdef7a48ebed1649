// The authentication of one connection (RFC 4252): ssh2's contexts in, an identity or the end of the connection out.
// What a client is told is the same for every reason to refuse it.

import type { AuthContext, Connection, KeyboardAuthContext, PasswordAuthContext, PublicKeyAuthContext } from 'ssh2';
import type { Refusal } from '../accounts/authenticate.ts';
import type { AuthenticationMethod, RefusalReason } from '../model/event.ts';
import type { Identity, Origin } from '../model/identity.ts';
import type { Lease } from '../model/lease.ts';
import { printableShort } from '../model/printable.ts';
import type { Backend } from './backend.ts';
import { utils } from './ssh2-internals.ts';

const METHODS = ['publickey', 'password', 'keyboard-interactive'] as const;

export interface AuthenticationParts {
  readonly client: Connection;
  readonly backend: Backend;
  readonly origin: Origin;
  /** The client's software, for the log. */
  readonly software: string;
  readonly maxTries: number;
  /** `place` is to be given back when the connection ends. */
  readonly onLogin: (identity: Identity, place: Lease) => void;
  /** A try has failed. */
  readonly onRefused: (reason: RefusalReason) => void;
  /** All tries are used up. */
  readonly onExhausted: () => void;
  /** Aborted when the connection has ended. */
  readonly signal: AbortSignal;
}

/** Answers each authentication request of the connection until one succeeds or the tries are used up. */
export function serveAuthentication(parts: AuthenticationParts): void {
  const { client, backend, origin, maxTries, signal } = parts;
  let failures = 0;
  let isOver = false;

  const refuse = (context: AuthContext, proof: Refusal): void => {
    failures += 1;
    backend.audit({
      event: 'session.refused',
      ...origin,
      // People type their password where the name belongs: no more of it than needed.
      user: printableShort(context.username, 32),
      method: context.method,
      reason: proof.reason,
    });
    parts.onRefused(proof.reason);
    context.reject([...METHODS]);
    if (failures >= maxTries) {
      isOver = true;
      parts.onExhausted();
    }
  };

  const accept = async (
    context: AuthContext,
    identity: Identity,
    method: AuthenticationMethod,
    key?: string,
  ): Promise<void> => {
    const place = await backend.places.enter(identity.user);
    if (isOver || signal.aborted) return place?.release();
    if (place === undefined) return refuse(context, { ok: false, reason: 'too-many-sessions' });
    isOver = true;
    backend.audit({
      event: 'session.login',
      ...origin,
      user: identity.user,
      method,
      ...(key === undefined ? {} : { key }),
      client: parts.software,
    });
    parts.onLogin(identity, place);
    context.accept();
  };

  const password = async (context: PasswordAuthContext | KeyboardAuthContext, word: unknown): Promise<void> => {
    const proof = await backend.authenticator.password(context.username, word);
    if (isOver) return;
    return proof.ok ? accept(context, proof.identity, 'password') : refuse(context, proof);
  };

  const publicKey = async (context: PublicKeyAuthContext): Promise<void> => {
    const { data: blob } = context.key;
    const algorithm = signatureAlgorithmOf(context);
    const proof = await backend.authenticator.publicKey(context.username, { algorithm, blob });
    if (isOver) return;
    if (!proof.ok) return refuse(context, proof);
    if (context.signature === undefined) {
      // This is only the question whether the key would do. The answer names the algorithm as it was asked for (RFC 4252,
      // section 7); ssh2 would name the type of the key, which for RSA means SHA-1.
      context.key.algo = algorithm;
      return context.accept();
    }
    if (!isSignedByKey(context)) return refuse(context, { ok: false, reason: 'bad-signature' });
    return accept(context, proof.identity, 'publickey', proof.fingerprint);
  };

  const answer = async (context: AuthContext): Promise<void> => {
    switch (context.method) {
      case 'password':
        return password(context, context.password);
      case 'publickey':
        return publicKey(context);
      case 'keyboard-interactive': {
        const response = await askPassword(context);
        return isOver ? undefined : password(context, response);
      }
      case 'none':
        return context.reject([...METHODS]);
      default:
        return refuse(context, { ok: false, reason: 'malformed' });
    }
  };

  client.on('authentication', (context: AuthContext) => {
    if (isOver) return;
    answer(context).catch((error: unknown) => {
      backend.log.unexpected(error, 'authentication', { ...origin });
      if (!isOver) refuse(context, { ok: false, reason: 'malformed' });
    });
  });
}

/** Asks for the password as a keyboard-interactive prompt (RFC 4256); undefined when the client gave up. */
function askPassword(context: KeyboardAuthContext): Promise<unknown> {
  return new Promise((resolve) => {
    context.prompt([{ prompt: 'Password: ', echo: false }], (responses: unknown) => {
      resolve(Array.isArray(responses) && responses.length === 1 ? responses[0] : undefined);
    });
  });
}

/** The signature algorithm as the client named it; ssh2 keeps those of RFC 8332 as the type of the key and the hash. */
function signatureAlgorithmOf({ key, hashAlgo }: PublicKeyAuthContext): string {
  return hashAlgo === undefined ? key.algo : `rsa-sha2-${hashAlgo.slice('sha'.length)}`;
}

/** Whether the signature was made by the very key that was offered, with a hash stronger than SHA-1. */
function isSignedByKey({ key, blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
  if (blob === undefined || signature === undefined) return false;
  if (key.algo === 'ssh-rsa' && hashAlgo === undefined) return false;
  const parsed = utils.parseKey(key.data);
  if (parsed instanceof Error) return false;
  return parsed.verify(blob, signature, hashAlgo) === true;
}
