// The one error that ends a transfer.

/** The peer said something that is not the protocol, gave up, or ended in the middle. The message is for the peer. */
export class ScpProtocolError extends Error {
  override readonly name = 'ScpProtocolError';
}
