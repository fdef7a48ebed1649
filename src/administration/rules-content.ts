// The sections of sshome.yaml as they are written, so far as verbs look into them. A file that was read without a problem
// has this form; of any other nothing is found here.

import { AdministrationError } from '../model/administration.ts';
import type { RulesContent } from './rules-editor.ts';

export type Section = 'roles' | 'groups' | 'folders' | 'users';

type Entry = Readonly<Record<string, unknown>>;

export interface GrantEntry {
  readonly role: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** The names of a section, each with what stands under it. */
export function entriesOf(content: RulesContent, section: Section): ReadonlyMap<string, Entry> {
  return new Map(Object.entries(mapOf(content[section])).map(([name, entry]) => [name, mapOf(entry)]));
}

/** What stands under one name; undefined when the name is not there. */
export function entryOf(content: RulesContent, section: Section, name: string): Entry | undefined {
  return entriesOf(content, section).get(name);
}

/** @throws AdministrationError unless the name is there */
export function requireEntry(content: RulesContent, section: Section, name: string): Entry {
  const entry = entryOf(content, section, name);
  if (entry !== undefined) return entry;
  const names = [...entriesOf(content, section).keys()];
  const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  throw new AdministrationError(`there is no ${section.slice(0, -1)} ${JSON.stringify(name)}; ${there}`);
}

/** @throws AdministrationError when the name is there already */
export function requireNew(content: RulesContent, section: Section, name: string): void {
  if (entryOf(content, section, name) === undefined) return;
  throw new AdministrationError(`there is a ${section.slice(0, -1)} ${name} already`);
}

/** The names in a list. */
export function namesIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map(String) : [];
}

/** The grants of a shared folder. */
export function grantsOf(folder: Entry): readonly GrantEntry[] {
  const grants: unknown = folder['grants'];
  return (Array.isArray(grants) ? grants : []).map(mapOf).map(({ role, users, groups }) => ({
    role: String(role),
    users: namesIn(users),
    groups: namesIn(groups),
  }));
}

function mapOf(value: unknown): Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : {};
}
