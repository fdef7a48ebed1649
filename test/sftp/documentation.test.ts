import { readFile } from 'node:fs/promises';
import test from 'ava';
import { MAX_DATA_BYTES, MAX_PACKET_BYTES, REQUEST } from '../../src/sftp/codec/constants.ts';
import { EXTENSIONS } from '../../src/sftp/codec/extensions.ts';
import { DEFAULT_LIMITS } from '../../src/sftp/limits.ts';
import { inRepository } from '../helpers/folder.ts';

// What docs/protocol.md says is what the code does.

/** The rows of the tables in a section (`## 3.`), each as its cells. */
async function rowsOf(section: number): Promise<string[][]> {
  const text = await readFile(inRepository('docs/protocol.md'), 'utf8');
  const part = text.split(/^## /m).find((candidate) => candidate.startsWith(`${section}. `)) ?? '';
  return part
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

test('protocol.md: lists every extension that VERSION advertises, with its version, and no other', async (t) => {
  const documented = (await rowsOf(3)).flatMap(([, names = '', version]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${name} ${version}`),
  );
  const advertised = EXTENSIONS.map(({ name, version }) => `${name} ${/^\d+$/.test(version) ? version : 'see below'}`);
  t.deepEqual(documented.toSorted(), advertised.toSorted());
});

test('protocol.md: lists every request type, and no other', async (t) => {
  const documented = (await rowsOf(2)).flatMap(([, types = '', names = '']) => {
    const numbers = types.split(', ').map(Number);
    return names.split(', ').map((name, index) => [name.toLowerCase(), numbers[index]]);
  });
  const { init: _init, extended: _extended, ...requests } = REQUEST;
  t.deepEqual(Object.fromEntries(documented.filter(([, number]) => Number.isInteger(number))), requests);
});

test('protocol.md: names the limits that hold', async (t) => {
  const text = await readFile(inRepository('docs/protocol.md'), 'utf8');
  const { handles, requests, bytes, packetBytes } = DEFAULT_LIMITS;
  const count = (value: number): string => value.toLocaleString('en-US');
  for (const told of [
    `${count(MAX_PACKET_BYTES)} bytes a packet, ${count(MAX_DATA_BYTES)} bytes a READ and a WRITE, ${handles} handles`,
    `| handles | ${handles};`,
    `| requests taken and not answered | ${requests};`,
    `| about ${bytes / 1024 / 1024} MiB;`,
    `over ${packetBytes / 1024} KiB`,
  ]) {
    t.true(text.includes(told), told);
  }
});
