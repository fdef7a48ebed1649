// The quotas and paces as the settings and the rules have them, and what the administrator asks of them.

import { join } from 'node:path';
import type { Limits } from '../access/limits.ts';
import type { Config } from '../config/schema.ts';
import { AdministrationError, type QuotaAdministration } from '../model/administration.ts';
import { isFileError } from '../model/error.ts';
import type { Log } from '../model/log.ts';
import { treeName } from '../model/usage.ts';
import { createPaces, type Paces, type Rates } from '../operations/paces.ts';
import { type JailKind, openDeepJail } from '../storage/choose-jail.ts';
import { openTreeJail } from '../storage/home.ts';
import { openQuotas, type Quotas } from '../storage/quotas.ts';
import { createLocalCalls } from '../storage/system-calls.ts';

/** Where the server keeps over a restart what is in the trees. */
export function usageFolderIn(state: string): string {
  return join(state, 'usage');
}

export function openQuotasOf(by: { config: Config; limits: Limits; jail: JailKind; log: Log }): Quotas {
  const { config, limits, jail, log } = by;
  const options = { walkMode: config.walk, local: createLocalCalls() };
  return openQuotas({
    quotaOf: limits.ofTree,
    trees: limits.trees,
    openTree: (tree) => {
      const directory = tree.startsWith('home:') ? config.homes : config.folders;
      return openTreeJail({ directory, name: tree.slice(tree.indexOf(':') + 1), jail, ...options });
    },
    openDeep: (host) => openDeepJail(jail, host, options),
    folder: usageFolderIn(config.state),
    log,
  });
}

/** What administrators ask of the quotas. */
export function administrationOf({ quotas, limits }: { quotas: Quotas; limits: Limits }): QuotaAdministration {
  return {
    show: () => quotas.show(),
    scan: async (tree) => {
      if (![...limits.trees()].includes(tree)) throw new AdministrationError(`there is no ${treeName(tree)}`);
      try {
        return await quotas.scan(tree);
      } catch (error) {
        if (isFileError(error)) throw new AdministrationError(error.message);
        throw error;
      }
    },
  };
}

export function openPaces(limits: Limits): Paces {
  return createPaces({ ratesOf: ratesFrom(limits) });
}

export function ratesFrom(limits: Limits): (user: string) => Rates {
  return (user) => {
    const { uploadBytesPerSecond, downloadBytesPerSecond } = limits.ofUser(user);
    return { upload: uploadBytesPerSecond, download: downloadBytesPerSecond };
  };
}
