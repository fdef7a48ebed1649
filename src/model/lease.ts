// Something taken for a while, of which there is only so much: a place, a name, bytes of a quota.

export interface Lease {
  /** Gives it back. Further calls do nothing. */
  release(): void;
}

/** A lease that is given back by calling `giveBack`, once. */
export function leaseOf(giveBack: () => void): Lease {
  let isHeld = true;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      giveBack();
    },
  };
}
