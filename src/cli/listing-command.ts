// Lists files and folders for the command line: what the patterns stand for, as people or programs read it.

import type { Client } from '../client/client.ts';
import type { Attributes, Entry } from '../model/entry.ts';
import { parsePath, type VirtualPath } from '../model/path.ts';
import { printable } from '../model/printable.ts';
import { expandGlob, nothingMatches } from './glob.ts';
import { remoteSide } from './glob-sides.ts';
import { entryAsJson, inColumns, longListing, shortListing, visibleEntries } from './listing.ts';

export interface ListFlags {
  readonly long: boolean;
  readonly all: boolean;
  readonly json: boolean;
}

/** The lines to print: first the files that were named, then the content of each folder. */
export async function listPaths(
  { client, base }: { client: Client; base: VirtualPath },
  patterns: readonly string[],
  flags: ListFlags & { readonly columns?: number | undefined },
): Promise<string[]> {
  const named: Entry[] = [];
  const folders: { name: string; path: VirtualPath }[] = [];
  for (const pattern of patterns.length === 0 ? [''] : patterns) {
    const found = await expandGlob(pattern, remoteSide(client, base));
    if (found.length === 0) throw nothingMatches(pattern);
    for (const name of found) {
      const path = parsePath(name, base);
      const attributes = await attributesOf(client, path);
      if (attributes.kind === 'directory') folders.push({ name: name === '' ? '.' : name, path });
      else named.push({ name, attributes });
    }
  }
  const lines = shown(named, flags);
  for (const { name, path } of folders) {
    const entries = visibleEntries(await client.list(path), flags.all);
    if (!flags.json && folders.length + named.length > 1)
      lines.push(...(lines.length > 0 ? [''] : []), `${printable(name)}:`);
    for (const line of shown(entries, flags)) lines.push(line);
  }
  return lines;
}

/** A link that leads nowhere is shown itself. */
async function attributesOf(client: Client, path: VirtualPath): Promise<Attributes> {
  const own = await client.files.lstat(path);
  if (own.kind !== 'link') return own;
  const target = await client.files.stat(path).catch(() => own);
  return target.kind === 'directory' ? target : own;
}

function shown(entries: readonly Entry[], flags: ListFlags & { readonly columns?: number | undefined }): string[] {
  if (flags.json) return entries.map(({ name, attributes }) => JSON.stringify(entryAsJson(name, attributes)));
  if (flags.long) return longListing(entries);
  const names = shortListing(entries);
  return flags.columns === undefined ? names : inColumns(names, flags.columns);
}
