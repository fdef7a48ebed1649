// A live value of one process, followed by another: what it is now, and each change, in order.

import type { LiveValue } from '../model/live-value.ts';
import type { Contract } from './contract.ts';
import type { Link } from './link.ts';

/** The name of a value, and of what type it is. */
export interface LiveValueName<Value> {
  readonly name: string;
  /** Never there: ties the type to the name. */
  readonly type?: Value;
}

interface Follower<Value> {
  set(value: Value): void;
}

interface Publisher<Value> {
  /** Begins to tell of changes; resolves to the value as it is before the next. */
  follow(): Promise<Value>;
}

/** Lets the other end of `link` follow `value`. */
export function publish<Value>(link: Link, name: LiveValueName<Value>, value: LiveValue<Value>): void {
  const follower = link.remote(followerContract(name));
  link.share(publisherContract(name), {
    follow: async () => {
      const end = value.onChange((changed) => follower.set(changed));
      link.closed.addEventListener('abort', end);
      return value.now;
    },
  });
}

/** Follows a value that the other end of `link` publishes. When that is gone it stays as it is. */
export async function follow<Value>(link: Link, name: LiveValueName<Value>): Promise<LiveValue<Value>> {
  const listeners = new Set<(value: Value) => void>();
  let latest: { readonly value: Value } | undefined;
  link.share(followerContract(name), {
    set: (value) => {
      latest = { value };
      for (const listener of listeners) listener(value);
    },
  });
  const first = await link.remote(publisherContract(name)).follow();
  return {
    // A change may have been told before the first answer was: it is the newer one.
    get now() {
      return (latest ?? { value: first }).value;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function followerContract<Value>({ name }: LiveValueName<Value>): Contract<Follower<Value>> {
  return { name: `${name} follower`, methods: { set: 'tell' } };
}

function publisherContract<Value>({ name }: LiveValueName<Value>): Contract<Publisher<Value>> {
  // The compiler can't know that no value is a lease.
  return { name: `${name} publisher`, methods: { follow: 'ask' } as Contract<Publisher<Value>>['methods'] };
}
