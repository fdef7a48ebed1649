// The PROXY header in front of a connection.

import { isIP } from 'node:net';
import { ProxyHeaderError, parseProxyHeader } from '../../../src/sshd/proxy-protocol.ts';
import { holds, pure, type Target, unlessRefused } from '../target.ts';

const V2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const ADDRESSES = Buffer.from('c0000201c6336401dc04001600000000000000000000000000000000000000000000', 'hex');

export const proxyHeader: Target = {
  name: 'proxy-header',
  invariant:
    'a header is read as soon as it is whole, the same whatever follows it, within the bytes there are, with an IP address; or it is a ProxyHeaderError',
  covers: ['/src/sshd/proxy-protocol'],
  dictionary: ['PROXY ', 'TCP4 ', 'TCP6 ', 'UNKNOWN', '192.0.2.1 ', '2001:db8::1 ', '\r\n', V2],
  seeds: [
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324 22\r\nSSH-2.0-x\r\n',
    'PROXY TCP6 2001:db8::1 2001:db8::2 56324 22\r\n',
    'PROXY UNKNOWN\r\n',
    Buffer.concat([V2, Buffer.from('2111000c', 'hex'), ADDRESSES]),
    Buffer.concat([V2, Buffer.from('21210024', 'hex'), ADDRESSES, ADDRESSES]),
    Buffer.concat([V2, Buffer.from('20000000', 'hex')]),
  ],
  maxBytes: 3000,
  begin: pure((input) => {
    const header = unlessRefused(() => parseProxyHeader(input), ProxyHeaderError);
    if (header === undefined) return;
    const { address, lengthBytes } = header;
    holds(lengthBytes > 0 && lengthBytes <= input.length, 'the header is longer than the bytes');
    holds(address === undefined || isIP(address) !== 0, 'this is no address');
    for (let length = 0; length < lengthBytes; length += 1) {
      holds(parseProxyHeader(input.subarray(0, length)) === undefined, 'a cut header is read');
    }
    const alone = parseProxyHeader(input.subarray(0, lengthBytes));
    holds(alone?.address === address && alone?.lengthBytes === lengthBytes, 'what follows changes the header');
  }),
};
