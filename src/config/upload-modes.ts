// The setting `upload-for`: who uploads in another way than everybody else. Knows nothing of who there is.

import { SettingError } from './setting.ts';

type UploadMode = 'in-place' | 'atomic';

const MODES: readonly UploadMode[] = ['in-place', 'atomic'];

/** The mode of each user that is named in `alice=atomic,bob=in-place`. @throws SettingError */
export function readUploadModes(written: string): ReadonlyMap<string, UploadMode> {
  const modes = new Map<string, UploadMode>();
  for (const part of written.split(',').filter((text) => text.trim() !== '')) {
    const at = part.lastIndexOf('=');
    const user = part.slice(0, Math.max(0, at)).trim();
    const mode = MODES.find((candidate) => candidate === part.slice(at + 1).trim());
    if (user === '' || mode === undefined) {
      throw new SettingError(`${JSON.stringify(part.trim())} is not USER=in-place or USER=atomic`);
    }
    if (modes.has(user)) throw new SettingError(`${JSON.stringify(user)} is named twice`);
    modes.set(user, mode);
  }
  return modes;
}

/** The text as it was written, once it is known to be right. */
export function readUploadFor(written: unknown): string {
  if (typeof written !== 'string') throw new SettingError(`${JSON.stringify(written)} is no list of USER=MODE`);
  readUploadModes(written);
  return written;
}
