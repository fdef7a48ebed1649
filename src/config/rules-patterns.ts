// Patterns of paths and names in the rules. What they match is decided in access/; here they are read, and what could
// only be a misunderstanding is refused.

import { isPattern, literalOf } from '../model/glob-pattern.ts';
import { MAX_PATH_BYTES, parsePath, type VirtualPath } from '../model/path.ts';
import { type ReadSetting, SettingError, show, withSchema } from './setting.ts';

const PATH_SCHEMA = { type: 'string', pattern: '^/', maxLength: MAX_PATH_BYTES };

/** A path whose names may be patterns, as PathRule has it. */
export const readPathPattern: ReadSetting<string> = withSchema(PATH_SCHEMA, (written) => {
  const path = readAbsolute(written);
  for (const name of path.split('/')) {
    if (/^\*{2,}$/.test(name)) {
      throw new SettingError(`${show(path)}: a rule holds for everything below its path anyway; * stands for one name`);
    }
    const unknown = /\{[^}]*\}?/.exec(name.replace(/\\[\s\S]|\[[^\]]*\]|\{user\}/g, ''));
    if (unknown !== null) {
      throw new SettingError(`${show(path)}: {user} alone stands for something; a { of a name is written as \\{`);
    }
  }
  return path;
});

/** A path as it is. */
export const readPlainPath: ReadSetting<VirtualPath> = withSchema({ ...PATH_SCHEMA, minLength: 2 }, (written) => {
  const path = readAbsolute(written);
  if (isPattern(path) || literalOf(path) !== path)
    throw new SettingError(`${show(path)} must be a path, not a pattern`);
  return parsePath(path);
});

/** A pattern of single names. */
export const readNamePattern: ReadSetting<string> = withSchema({ type: 'string', pattern: '^[^/]+$' }, (written) => {
  if (typeof written !== 'string' || written === '')
    throw new SettingError(`${show(written)} is no pattern, as '*.pdf'`);
  if (written.includes('/')) throw new SettingError(`${show(written)}: this is for single names, which have no "/"`);
  return written;
});

function readAbsolute(written: unknown): string {
  if (typeof written !== 'string' || !written.startsWith('/')) {
    throw new SettingError(`${show(written)} is no path from the top, as /inbox`);
  }
  let normalised: string;
  try {
    normalised = parsePath(written);
  } catch (error) {
    throw new SettingError(`${show(written)} is no path: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (normalised !== written) throw new SettingError(`${show(written)} is written ${show(normalised)}`);
  return written;
}
