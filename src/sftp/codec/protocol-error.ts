// The end of a session by the fault of its client.

/** The client sent what cannot be answered: no length, no request id or no greeting to go by. The session is over. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
