// Reads an input of test/corpus/sftp; test/corpus/README.md has the format.

import { packet } from './bytes-of.ts';

/** The handles that an input may name, each a string of the wire. */
export interface CorpusHandles {
  readonly f: Buffer;
  readonly g: Buffer;
  readonly d: Buffer;
}

/** The bytes to send after INIT. @throws Error if the text is not in the format */
export function readCorpus(text: string, handles: CorpusHandles): Buffer {
  const tokens = text
    .split('\n')
    .map((line) => line.replace(/^#.*/, ''))
    .join(' ')
    .matchAll(/"(?<said>[^"]*)"|<(?<handle>[fgd])>|(?<brace>[{}])|(?<hex>(?:[0-9a-f]{2})+)|(?<wrong>\S)/g);
  const done: Buffer[] = [];
  let inPacket: Buffer[] | undefined;
  for (const { groups = {} } of tokens) {
    const { said, handle, brace, hex, wrong } = groups;
    if (wrong !== undefined) throw new Error(`not in the format: ${wrong}`);
    if (brace === '{') inPacket = [];
    if (brace === '}') {
      done.push(packet(...(inPacket ?? [])));
      inPacket = undefined;
    }
    const target = inPacket ?? done;
    if (said !== undefined) target.push(Buffer.from(said));
    if (handle !== undefined) target.push(handles[handle as keyof CorpusHandles]);
    if (hex !== undefined) target.push(Buffer.from(hex, 'hex'));
  }
  return Buffer.concat(done);
}
