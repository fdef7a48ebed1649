// Two ends of a link in one process, whose messages travel as between processes: as bytes, in order, later.

import { deserialize, serialize } from 'node:v8';
import { Link, type LinkMessage } from '../../src/cluster/link.ts';

export interface Ends {
  readonly here: Link;
  readonly there: Link;
  /** How many messages have arrived at either end. */
  arrived(): number;
  /** Ends both, as when one process is gone. */
  cut(): void;
}

export function linkedEnds(): Ends {
  let arrived = 0;
  let isCut = false;
  const carry = (message: LinkMessage, to: () => Link): void => {
    const copy = serialize(message);
    setImmediate(() => {
      if (isCut) return;
      arrived += 1;
      to().receive(deserialize(copy) as LinkMessage);
    });
  };
  const here: Link = new Link((message) => carry(message, () => there));
  const there: Link = new Link((message) => carry(message, () => here));
  return {
    here,
    there,
    arrived: () => arrived,
    cut: () => {
      isCut = true;
      here.close();
      there.close();
    },
  };
}
