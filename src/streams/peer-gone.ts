// Why a stream can't be read or written any more, other than by its end.

/** The peer closed the channel or lost the connection: there is nobody left to answer. */
export class PeerGone extends Error {
  override readonly name = 'PeerGone';
}
