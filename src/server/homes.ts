// The homes as the settings have them.

import type { Limits } from '../access/limits.ts';
import { sharedFoldersOf } from '../access/roles-of.ts';
import type { Config } from '../config/schema.ts';
import { readUploadModes } from '../config/upload-modes.ts';
import type { Log } from '../model/log.ts';
import type { RulesSource } from '../model/rules.ts';
import type { Tree } from '../model/usage.ts';
import type { ActiveUploads } from '../storage/active-uploads.ts';
import type { JailKind } from '../storage/choose-jail.ts';
import { type Homes, openHomes } from '../storage/homes.ts';
import type { Meters } from '../storage/meter.ts';
import type { UploadPolicy } from '../storage/upload-policy.ts';

export function openHomesOf(by: {
  config: Config;
  rules: RulesSource;
  limits: Limits;
  meters: Meters;
  /** Whether any tree has a quota: asked before it is swept. Workers leave that to the primary. */
  isAnyLimited?: () => boolean;
  uploads: ActiveUploads;
  jail: JailKind;
  log: Log;
}): Homes {
  const { config, rules, limits, meters, isAnyLimited, uploads: active, jail, log } = by;
  const modes = readUploadModes(config.uploadFor);
  const uploads = (user: string): UploadPolicy => ({
    mode: modes.get(user) ?? config.upload,
    sync: config.fsync,
    keepMs: config.uploadKeepMs,
  });
  const isAnyAtomic = config.upload === 'atomic' || [...modes.values()].includes('atomic');
  /**
   * In place nobody goes on with what was cut off, but where there is a quota, a killed server may have left some. What
   * is in a shared folder may be of anybody.
   */
  const keepMs = (tree: Tree): number => {
    const isAtomic = tree.startsWith('home:') ? uploads(tree.slice('home:'.length)).mode === 'atomic' : isAnyAtomic;
    return isAtomic ? config.uploadKeepMs : 0;
  };
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
    jail,
    walkMode: config.walk,
    uploads,
    active,
    meters,
    maxFileBytes: (user) => limits.ofUser(user).maxUploadBytes ?? Number.POSITIVE_INFINITY,
    sweeping: () => (isAnyAtomic || isAnyLimited?.() === true ? keepMs : undefined),
    log,
  });
}
