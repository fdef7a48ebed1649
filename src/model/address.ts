// IP addresses as the server counts and limits them. Text only: nothing here opens a socket.

import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * What counts as one source: an IPv4 address, or the /64 of an IPv6 address, which is what one customer has at least.
 * Anything else comes back as it is.
 */
export function sourceOf(address: string): string {
  const plain = plainAddress(address);
  return isIPv6(plain) ? `${expandIPv6(plain).slice(0, 4).join(':')}::/64` : plain;
}

/** An address without its zone; one of IPv4 written as IPv6 ("::ffff:192.0.2.1") as IPv4. */
export function plainAddress(address: string): string {
  const [unzoned = ''] = address.split('%');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(unzoned);
  return mapped?.[1] ?? unzoned;
}

/** A set of addresses and networks. */
export interface AddressList {
  includes(address: string): boolean;
}

/**
 * Reads addresses and networks in CIDR form, separated by commas or spaces. An empty text is an empty list.
 *
 * @throws RangeError naming the first that is neither
 */
export function parseAddressList(text: string): AddressList {
  const list = new BlockList();
  for (const item of text.split(/[\s,]+/).filter((word) => word !== '')) {
    const [address = '', prefix, ...rest] = item.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || rest.length > 0 || prefix === '' || !Number.isInteger(bits) || bits < 0 || bits > most) {
      throw new RangeError(`${JSON.stringify(item)} is no address and no network, as 192.0.2.1 or 2001:db8::/32`);
    }
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    includes: (address) => {
      const plain = plainAddress(address);
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expandIPv6(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  );
}

/** Whether a host name or address is this machine's own loopback. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
