// The homes as the settings have them.

import { sharedFoldersOf } from '../access/roles-of.ts';
import type { Config } from '../config/schema.ts';
import { readUploadModes } from '../config/upload-modes.ts';
import type { Log } from '../model/log.ts';
import type { RulesSource } from '../model/rules.ts';
import type { ActiveUploads } from '../storage/active-uploads.ts';
import { chooseJail } from '../storage/choose-jail.ts';
import { type Homes, openHomes } from '../storage/homes.ts';
import type { UploadPolicy } from '../storage/upload-policy.ts';

export function openHomesOf(by: { config: Config; rules: RulesSource; uploads: ActiveUploads; log: Log }): Homes {
  const { config, rules, uploads: active, log } = by;
  const modes = readUploadModes(config.uploadFor);
  const uploads = (user: string): UploadPolicy => ({
    mode: modes.get(user) ?? config.upload,
    sync: config.fsync,
    keepMs: config.uploadKeepMs,
  });
  const isAnyAtomic = config.upload === 'atomic' || [...modes.values()].includes('atomic');
  const sweeping = { keepMs: isAnyAtomic ? config.uploadKeepMs : undefined };
  const folders = {
    directory: config.folders,
    rules: {
      of: (user: string) => sharedFoldersOf(rules.now, user),
      onChange: (listener: () => void) => rules.onChange(listener),
    },
  };
  return openHomes({
    directory: config.homes,
    folders,
    jail: chooseJail(),
    walkMode: config.walk,
    uploads,
    active,
    sweeping,
    log,
  });
}
