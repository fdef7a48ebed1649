// The requests of a login (RFC 4252, section 5) as ssh2 must get to see them. It ends the connection of who asks for a method
// that it does not know, answers what was sent behind one that is under way from the last to the first, and what was sent
// behind the question whether a key would do never. Knows nothing of who may log in.

import { encodeStrings, readString } from '../transport/wire.ts';

/** What waits behind the one under way, as in ssh2. */
const MAX_HELD = 10;

const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'none',
  'password',
  'publickey',
  'keyboard-interactive',
  'hostbased',
]);
const ANSWERS = ['authFailure', 'authSuccess', 'authPKOK', 'authInfoReq'] as const;

/** The part of ssh2's Protocol that sends what a request has come to, and the methods of those that it takes to be under way. */
export type LoginAnswers = Record<(typeof ANSWERS)[number], (...parts: never[]) => void> & {
  readonly _authsQueue: string[];
};

export interface LoginRequests {
  /** Takes a SSH_MSG_USERAUTH_REQUEST, and hands it on when those before it are answered. */
  take(payload: Buffer): void;
}

export function orderLoginRequests(by: {
  protocol: LoginAnswers;
  handle: (payload: Buffer) => void;
  onTooMany: () => void;
}): LoginRequests {
  const { protocol, handle } = by;
  let isUnderWay = false;
  let held: Buffer[] = [];

  const begin = (payload: Buffer): void => {
    isUnderWay = true;
    // ssh2 never takes off the list what was given up for another (RFC 4252, section 5.1), and its answers then fit none.
    protocol._authsQueue.length = 0;
    handle(payload);
  };

  for (const name of ANSWERS) {
    const answer = protocol[name].bind(protocol);
    protocol[name] = (...parts) => {
      answer(...parts);
      isUnderWay = false;
      // Whoever is logged in is asked no more (RFC 4252, section 5.1).
      if (name === 'authSuccess') held = [];
      // When ssh2 is done with this one. Another that comes until then waits, too.
      else if (held.length > 0) setImmediate(goOn);
    };
  }

  const goOn = (): void => {
    const next = isUnderWay ? undefined : held.shift();
    if (next !== undefined) begin(next);
  };

  return {
    take: (payload) => {
      const request = withKnownMethod(payload);
      if (!isUnderWay && held.length === 0) begin(request);
      else if (held.length < MAX_HELD) held.push(Buffer.from(request));
      else by.onTooMany();
    },
  };
}

/** A method that nobody knows is answered as `none` is: with those that there are. */
function withKnownMethod(payload: Buffer): Buffer {
  const user = readString(payload, 1);
  const service = user && readString(payload, 5 + user.length);
  const method = user && service && readString(payload, 9 + user.length + service.length);
  if (user === undefined || service === undefined || method === undefined) return payload;
  if (KNOWN_METHODS.has(method.toString('latin1'))) return payload;
  return Buffer.concat([payload.subarray(0, 9 + user.length + service.length), encodeStrings(['none'])]);
}
